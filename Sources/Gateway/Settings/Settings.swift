import Formats

/// What an operator can set, checked.
package struct Settings: Sendable {
    /// The data directory, as given.
    package var dataDirectory: String
    package var access: AccessPolicy
    /// Bytes of the largest body.
    package var maximumBody = Settings.defaultMaximumBody
    /// Requests handled at once by one process.
    package var threads = Settings.defaultThreads
    /// Mode of a unix socket that the program makes.
    package var socketMode: UInt32 = 0o660

    package static let defaultMaximumBody = 65_536
    /// Requests mostly wait for one shared sync, so there are far more of them than processors.
    package static let defaultThreads = 8

    package init(dataDirectory: String, access: AccessPolicy) {
        self.dataDirectory = dataDirectory
        self.access = access
    }

    /// Why the program cannot run as it is set up: one sentence that says what to set.
    package struct Problem: Error, Equatable, Sendable {
        package var sentence: String

        package init(_ sentence: String) {
            self.sentence = sentence
        }
    }
}

/// Settings as they were given: names and values, whichever way they came in. Later ones override earlier ones.
package struct SettingValues: Equatable, Sendable {
    package enum Name: String, CaseIterable, Sendable {
        case data = "KHOINS_DATA"
        case token = "KHOINS_TOKEN"
        case allow = "KHOINS_ALLOW"
        case access = "KHOINS_ACCESS"
        case maximumBody = "KHOINS_MAX_BODY"
        case threads = "KHOINS_THREADS"
        case socketMode = "KHOINS_SOCKET_MODE"
        /// Where `serve` listens, or systemd for it.
        case listen = "KHOINS_LISTEN"
        /// What KHOINS calls, for whoever asks whether that works; may carry the secret.
        case url = "KHOINS_URL"
    }

    private var values: [Name: String] = [:]

    package init() {}

    /// The value of a setting; `nil` where it is not set, or set to nothing.
    package subscript(name: Name) -> String? {
        get { values[name] }
        set { if let newValue, !newValue.isEmpty { values[name] = newValue } }
    }

    /// Takes over what `other` sets.
    package mutating func override(with other: SettingValues) {
        values.merge(other.values) { $1 }
    }

    /// The names among an environment's variables that are settings.
    package init(environment: [String: String]) {
        for name in Name.allCases { self[name] = environment[name.rawValue] }
    }

    /// The data directory; all that a command needs which takes no requests.
    package func dataDirectory() throws(Settings.Problem) -> String {
        guard let path = self[.data] else {
            throw Settings.Problem(
                "no data directory: set KHOINS_DATA (or --data) to the directory that keeps the callbacks")
        }
        return path
    }

    /// Checks everything that serving needs.
    package func settings() throws(Settings.Problem) -> Settings {
        var settings = Settings(dataDirectory: try dataDirectory(), access: try access())
        settings.maximumBody = try maximumBody()
        if let text = self[.threads] { settings.threads = try number(.threads, text, in: 1...1024, "threads") }
        if let text = self[.socketMode] {
            guard text.allSatisfy(\.isHexDigit), let mode = UInt32(text, radix: 8), mode <= 0o777 else {
                throw Settings.Problem(
                    "KHOINS_SOCKET_MODE (--socket-mode) must be an octal mode such as 0660, not “\(text)”")
            }
            settings.socketMode = mode
        }
        return settings
    }

    /// Bytes of the largest body.
    package func maximumBody() throws(Settings.Problem) -> Int {
        try self[.maximumBody].map { (text) throws(Settings.Problem) in
            try number(.maximumBody, text, in: 1...1 << 30, "bytes")
        } ?? Settings.defaultMaximumBody
    }

    /// The secrets, any of which opens; never for a log.
    package var tokens: [String] { Self.list(self[.token] ?? "") }

    /// Who may post as far as addresses go; the token is not asked for.
    package func addressPolicy() throws(Settings.Problem) -> AccessPolicy {
        AccessPolicy(tokens: [], ranges: try ranges())
    }

    private func number(
        _ name: Name, _ text: String, in range: ClosedRange<Int>, _ unit: String
    ) throws(Settings.Problem) -> Int {
        guard let number = decimal(text.utf8), range.contains(number) else {
            throw Settings.Problem(
                "\(name.rawValue) must be a number of \(unit) from \(range.lowerBound) to \(range.upperBound), not “\(text)”"
            )
        }
        return number
    }

    private func access() throws(Settings.Problem) -> AccessPolicy {
        let tokens = tokens.map { Token($0) }
        let ranges = try ranges()
        if let word = self[.access], word != "open" {
            throw Settings.Problem("KHOINS_ACCESS can only be “open”, not “\(word)”")
        }
        if tokens.isEmpty, ranges.isEmpty, self[.access] == nil {
            throw Settings.Problem(
                "anybody could post: set KHOINS_TOKEN (or --token-file) to a secret, or KHOINS_ALLOW (or --allow) to addresses; KHOINS_ACCESS=open (or --open) does without both on purpose"
            )
        }
        return AccessPolicy(tokens: tokens, ranges: ranges)
    }

    private func ranges() throws(Settings.Problem) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for text in Self.list(self[.allow] ?? "") {
            guard let range = AddressRange(text) else {
                throw Settings.Problem(
                    "KHOINS_ALLOW (--allow): “\(text)” is no address or CIDR range such as 182.23.3.230 or 2001:db8::/32"
                )
            }
            ranges.append(range)
        }
        return ranges
    }

    /// The items of a list separated by commas or white space.
    private static func list(_ text: String) -> [String] {
        text.split { $0 == "," || $0.isWhitespace }.map { String($0) }
    }
}
