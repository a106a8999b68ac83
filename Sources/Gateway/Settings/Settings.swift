import Formats
import Page
import System

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
    /// The zone of days, and of times for people.
    package var zone = Zone.wib
    /// What opens the operators' page; `nil` where it is closed.
    package var pageKeys: PageKeys?
    /// Why the page is closed though a key is set.
    package var pageProblem: String?
    /// KHOINS calls by https, as `KHOINS_URL` has it: where the web server knows nothing of that, a proxy ends it.
    package var isCalledByHTTPS = false
    /// How the shop is told; `nil` where nobody tells it.
    package var tell: TellSettings?
    /// The URL of this server's own etcd; `nil` where it is alone.
    package var cluster: String?
    /// What stands in the settings file and does nothing.
    package var ignored: [IgnoredSetting] = []

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
        /// The zone of days, and of times for people.
        case zone = "KHOINS_ZONE"
        /// A file that log lines go to as well.
        case log = "KHOINS_LOG"
        /// A command that tells the shop.
        case exec = "KHOINS_EXEC"
        /// Where bodies go, as they came, to tell the shop; may carry a secret.
        case forward = "KHOINS_FORWARD"
        /// Who sees to it that the shop is told.
        case follow = "KHOINS_FOLLOW"
        /// This server's own etcd, where several servers agree on one order.
        case cluster = "KHOINS_CLUSTER"

        /// What opens the operators' page, which is a secret.
        case pageKey = "KHOINS_PAGE_KEY"
        /// Who may ask for health and figures, and for nothing else.
        case monitorToken = "KHOINS_MONITOR_TOKEN"

        /// Settings that say who gets in. Set to nothing they must not count as not set: that would let in others.
        fileprivate var isList: Bool { [.token, .allow, .monitorToken].contains(self) }

        /// `nil` for what no flag sets.
        private var flag: String? {
            switch self {
            case .data: "--data"
            case .token: "--token-file"
            case .allow: "--allow"
            case .access: "--open"
            case .maximumBody: "--max-body"
            case .threads: "--threads"
            case .socketMode: "--socket-mode"
            case .listen: "--listen"
            case .url: "--url"
            case .zone: "--zone"
            case .cluster: "--cluster"
            case .log, .exec, .forward, .follow, .pageKey, .monitorToken: nil
            }
        }

        /// The setting as it is called in a sentence.
        fileprivate var words: String { flag.map { "\(rawValue) (\($0))" } ?? rawValue }
    }

    /// By the settings' raw values.
    private var values = Variables()
    /// Names in the settings file that look like settings and are none that this version acts on.
    package internal(set) var ignored: [IgnoredSetting] = []
    /// The settings file that was read; `nil` where there is none.
    package internal(set) var file: String?
    /// Why the file that `scripts/install` made could not be read, where nothing names another.
    var unread: Settings.Problem?

    package init() {}

    /// The value of a setting; `nil` where it is not set, or set to nothing.
    package subscript(name: Name) -> String? {
        get { values[name.rawValue].flatMap { $0.isEmpty ? nil : $0 } }
        set { if let newValue, !newValue.isEmpty || name.isList { values[name.rawValue] = newValue } }
    }

    /// Takes over what `other` sets.
    package mutating func override(with other: SettingValues) {
        for name in Name.allCases { self[name] = other.values[name.rawValue] }
        if unread == nil { unread = other.unread }
        if file == nil { file = other.file }
        ignored += other.ignored.filter { new in !ignored.contains { $0.name == new.name } }
    }

    /// The names among an environment's variables that are settings. A value can stand in quotes, as some that read a
    /// file of variables leave them there.
    package init(environment: Variables) {
        for name in Name.allCases { self[name] = environment[name.rawValue].map(SettingsFile.unquoted) }
        // systemd reads the settings file itself (`EnvironmentFile=`), and hands over all that stands in it.
        ignored = environment.names(beginning: "KHOINS").sorted().compactMap { IgnoredSetting($0, isInFile: false) }
    }

    /// The value of a setting, which must be one that can be meant: a comment behind it, or a quote that does not end,
    /// is never a part of it.
    package func text(_ name: Name) throws(Settings.Problem) -> String? {
        guard let text = self[name] else { return nil }
        guard let fault = ValueFault(text) else { return text }
        throw Settings.Problem("\(name.words) \(fault.words)")
    }

    /// Lets the paths among the values count from a folder.
    mutating func placePaths(in folder: String) {
        for name in [Name.data, .log] { self[name] = self[name].map { Self.path($0, in: folder) } }
        let unix = "unix:"
        if let address = self[.listen], address.hasPrefix(unix) {
            self[.listen] = unix + Self.path(String(address.dropFirst(unix.count)), in: folder)
        }
    }

    private static func path(_ path: String, in folder: String) -> String {
        // What only a shell knows, and half a quote, is refused where it is used: a folder in front would hide it.
        if path.isEmpty || path.hasPrefix("/") || isShells(path) || ValueFault(path) != nil { return path }
        var path = path[...]
        while path.hasPrefix("./") { path = path.dropFirst(2).drop { $0 == "/" } }
        return path.isEmpty || path == "." ? folder : "\(folder)/\(path)"
    }

    /// The data directory; all that a command needs which takes no requests.
    package func dataDirectory() throws(Settings.Problem) -> String {
        guard let path = try path(.data) else {
            throw unread
                ?? Settings.Problem(
                    "no data directory: set KHOINS_DATA (or --data) to the directory that keeps the callbacks")
        }
        return path
    }

    /// The file that log lines go to as well; `nil` where none is set, or what is set is refused: nobody is to find a
    /// file of a name that was never meant.
    package var logFile: String? { try? path(.log) }

    /// A path as it is set. What a shell would make of it, nobody here does.
    private func path(_ name: Name) throws(Settings.Problem) -> String? {
        guard let path = try text(name) else { return nil }
        if Self.isShells(path) {
            throw Settings.Problem(
                "\(name.words) begins with \(path.prefix { $0 != "/" }), which only a shell knows: write the whole path, or one that counts from the folder of the settings file"
            )
        }
        return path
    }

    /// Whether a path begins with what a shell replaces.
    private static func isShells(_ path: String) -> Bool {
        path == "~" || path.hasPrefix("~/") || path.hasPrefix("$")
    }

    /// The zone of days, and of times for people.
    package func zone() throws(Settings.Problem) -> Zone {
        guard let text = try text(.zone) else { return .wib }
        guard let zone = Zone(named: text) else {
            throw Settings.Problem("KHOINS_ZONE (--zone) can be \(Zone.names), not “\(text)”")
        }
        return zone
    }

    /// Checks everything that serving needs.
    package func settings() throws(Settings.Problem) -> Settings {
        // Lists have stricter rules of their own, and what KHOINS calls matters to `check` alone.
        // What is wrong with the page's key keeps the page closed, and no callback away.
        for name in Name.allCases where !name.isList && name != .url && name != .pageKey { _ = try text(name) }
        _ = try path(.log)
        let zone = try zone()
        var settings = Settings(dataDirectory: try dataDirectory(), access: try access())
        settings.zone = zone
        settings.ignored = ignored
        (settings.pageKeys, settings.pageProblem) = try page()
        settings.isCalledByHTTPS = self[.url]?.lowercased().hasPrefix("https://") ?? false
        settings.tell = try tell()
        settings.cluster = try text(.cluster)
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

    /// The secrets, any of which opens; never for a log. Nothing where none is set.
    package func tokens() throws(Settings.Problem) -> [String] {
        guard let text = values[Name.token.rawValue] else { return [] }
        return try TokenList.tokens(in: text, called: "KHOINS_TOKEN (--token-file)")
    }

    /// Who may post as far as addresses go; the token is not asked for.
    package func addressPolicy() throws(Settings.Problem) -> AccessPolicy {
        AccessPolicy(tokens: [], ranges: try ranges())
    }

    /// Tokens that open health and figures alone.
    private func monitors() throws(Settings.Problem) -> [Token] {
        guard let text = values[Name.monitorToken.rawValue] else { return [] }
        return try TokenList.tokens(in: text, called: "KHOINS_MONITOR_TOKEN").map { Token($0) }
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
        let tokens = try tokens().map { Token($0) }
        let ranges = try ranges()
        let monitors = try monitors()
        if let word = self[.access], word != "open" {
            throw Settings.Problem("KHOINS_ACCESS can only be “open”, not “\(word)”")
        }
        if tokens.isEmpty, ranges.isEmpty, self[.access] == nil {
            if let unread { throw unread }
            throw Settings.Problem(
                "anybody could post: set KHOINS_TOKEN (or --token-file) to a secret, or KHOINS_ALLOW (or --allow) to addresses; KHOINS_ACCESS=open (or --open) does without both on purpose"
            )
        }
        return AccessPolicy(tokens: tokens, ranges: ranges, monitors: monitors)
    }

    private func ranges() throws(Settings.Problem) -> [AddressRange] {
        guard let text = values[Name.allow.rawValue] else { return [] }
        // White space may separate these too: each item must be an address, so that no word of a remark becomes one.
        let items = text.split { $0 == "," || $0.isWhitespace }
        if items.isEmpty {
            throw Settings.Problem(
                "KHOINS_ALLOW (--allow) is set, but holds no address: name one, or take the setting out")
        }
        return try items.map { (item) throws(Settings.Problem) in
            guard let range = AddressRange(item) else {
                throw Settings.Problem(
                    "KHOINS_ALLOW (--allow): “\(item)” is no address or CIDR range such as 182.23.3.230 or 2001:db8::/32; commas separate several"
                )
            }
            return range
        }
    }
}

/// Why a value cannot be what was meant. Never quotes the value, which may be a secret at the wrong place.
enum ValueFault: Equatable {
    case comment
    case openQuote
    case controlCharacter

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        if bytes.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
            self = .controlCharacter
        } else if bytes.indices.contains(where: { index in
            bytes[index] == UInt8(ascii: "#") && (index == 0 || bytes[index - 1] == 0x20 || bytes[index - 1] == 0x09)
        }) {
            self = .comment
        } else if Self.isHalfQuoted(bytes) {
            self = .openQuote
        } else {
            return nil
        }
    }

    /// Whether a quote stands where a value or the path of a socket begins, or at the end without the one it belongs to.
    /// Within a value a pair of them may be meant, as in a command.
    private static func isHalfQuoted(_ bytes: [UInt8]) -> Bool {
        let quotes = "\"'".utf8
        let socket = Array("unix:".utf8)
        let path = bytes.starts(with: socket) ? bytes[socket.count...] : bytes[...]
        if let first = path.first, quotes.contains(first) { return true }
        guard let last = path.last, quotes.contains(last) else { return false }
        return !path.count { $0 == last }.isMultiple(of: 2)
    }

    var words: String {
        switch self {
        case .comment:
            "holds “ #”: nothing behind a value is a comment; put it on a line of its own that begins with #"
        case .openQuote: "has a quote at one end alone: put the whole value in quotes, or none of it"
        case .controlCharacter: "holds a control character, such as the end of a line"
        }
    }
}

/// A name that begins like a setting and does nothing here.
package struct IgnoredSetting: Equatable, Sendable {
    package var name: String
    /// Whether it stands in the settings file, and not in the environment.
    package var isInFile: Bool

    /// `nil` for a name that is not this program's affair, or that it acts on.
    package init?(_ name: String, isInFile: Bool) {
        guard name.uppercased().hasPrefix("KHOINS"), SettingValues.Name(rawValue: name) == nil else { return nil }
        if !isInFile, Self.foreign.contains(name) || name.hasPrefix("KHOINS_TEST") || !name.hasPrefix("KHOINS_") {
            return nil
        }
        self.name = name
        self.isInFile = isInFile
    }

    /// Variables with a meaning besides the settings: where those are, what a command of `follow` is told, and what the
    /// scripts go by.
    private static let foreign: Set<String> = [
        "KHOINS_SETTINGS", "KHOINS_PORT", "KHOINS_TRXID", "KHOINS_STATUS", "KHOINS_RESULT", "KHOINS_POSITION",
        "KHOINS_FILE",
    ]

    /// One sentence for the log and for `check`.
    package var sentence: String {
        let place = isInFile ? "stands in the settings file" : "is set in the environment"
        return "\(name) \(place), and there is no such setting: nothing is set by it"
            + (near.map { "; is \($0) meant?" } ?? "")
    }

    /// The name that is meant, if one is near enough.
    private var near: String? {
        let names = SettingValues.Name.allCases.map(\.rawValue)
        return Misspelling.nearest(to: name.uppercased(), among: names)
    }
}
