import Gateway
import Glibc
import KHOINSCallback

/// What the reader of an output can show.
enum Terminal {
    /// Whether standard output takes colour: only a terminal does, and not where NO_COLOR asks for none
    /// (no-color.org).
    static var hasColour: Bool {
        let environment = SettingsSource.environment
        return isOutput && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Whether standard output goes to a terminal.
    static let isOutput = isatty(STDOUT_FILENO) == 1

    /// Whether a person watches standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }
}

/// How a piece of text looks on a terminal (ECMA-48, select graphic rendition).
enum Style: String {
    case plain = ""
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"

    func applied(to text: String) -> String {
        self == .plain || text.isEmpty ? text : "\u{1b}[\(rawValue)m\(text)\u{1b}[0m"
    }

    init(_ status: Status) {
        switch status {
        case .success: self = .green
        case .failed: self = .red
        case .expired, .cancelled: self = .faint
        case .refunded: self = .magenta
        case .pending, .unknown: self = .yellow
        }
    }
}
