import CLinux
import Formats
import Gateway
import Glibc
import KHOINS
import System

/// What the reader of an output can show.
package enum Terminal {
    /// Whether standard output takes colour: only a terminal does, and not where NO_COLOR asks for none
    /// (no-color.org).
    package static var hasColour: Bool {
        let environment = SettingsSource.environment
        return isOutput && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Whether standard output goes to a terminal.
    static let isOutput = isatty(STDOUT_FILENO) == 1

    /// Whether a person watches standard error.
    package static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Columns of the terminal that standard output goes to; `nil` where it is none.
    package static var width: Int? { isOutput ? columns(of: STDOUT_FILENO) : nil }

    /// Columns of the terminal that standard error goes to; `nil` where it is none.
    package static var errorWidth: Int? { isWatched ? columns(of: STDERR_FILENO) : nil }

    /// What the terminal says of itself, or what COLUMNS asks for if that is less. A terminal that says nothing has 80.
    private static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let wanted = SettingsSource.environment["COLUMNS"].flatMap { decimal($0.utf8) } ?? 0
        if wanted > 0 { return isKnown ? min(wanted, Int(size.ws_col)) : wanted }
        return isKnown ? Int(size.ws_col) : 80
    }
}

/// How a piece of text looks on a terminal (ECMA-48, select graphic rendition).
package enum Style: String {
    case plain = ""
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case magenta = "35"

    package func applied(to text: String) -> String {
        self == .plain || text.isEmpty ? text : "\u{1b}[\(rawValue)m\(text)\u{1b}[0m"
    }

    package init(_ status: Status) {
        switch status {
        case .success: self = .green
        case .failed: self = .red
        case .expired, .cancelled: self = .faint
        case .refunded: self = .magenta
        case .pending, .unknown: self = .yellow
        }
    }
}
