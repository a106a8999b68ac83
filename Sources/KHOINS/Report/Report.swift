import Formats

/// What the JSON inside `message` says.
struct Report {
    var destination: String?
    var trxid: String?
    var memberid: String?
    var amount: Int?
    /// The status word as sent.
    var status: String?
    var text: String?
    /// Whether it was a JSON object.
    var isIntact = false
    /// Whether the end of `text` may be missing.
    var isCut = false

    /// How many JSON strings inside one another are opened; each doubles the escapes, so more never came.
    private static let maximumLevels = 4

    /// Reads the envelope's `message`, whatever it is.
    init(message: JSONValue?) {
        switch message {
        case .object(let members): self.init(members)
        case .string(let encoded): self.init(encoded: encoded, levels: Self.maximumLevels)
        case .array, .number, .bool, .null, nil: self.init()
        }
    }

    init() {}

    private init(_ members: [JSONValue.Member]) {
        isIntact = true
        for member in members {
            switch ReportKey(rawValue: member.key) {
            case .destination: destination = member.value.identifier
            case .trxid: trxid = member.value.identifier
            case .status: status = member.value.string.flatMap(Self.readableWord)
            case .memberid: memberid = member.value.identifier
            case .amount: amount = member.value.rupiah
            case .text: text = member.value.string.flatMap { $0.isEmpty ? nil : $0 }
            case nil: break
            }
        }
    }

    private init(encoded: String, levels: Int) {
        let bytes = Array(encoded.utf8)
        if let value = try? JSONParser.parse(bytes) {
            if case .object(let members) = value {
                self.init(members)
                return
            }
            if case .string(let inner) = value, levels > 1 {
                self.init(encoded: inner, levels: levels - 1)
                return
            }
        } else if levels > 1, let inner = DamagedString.opened(bytes) {
            self.init(encoded: inner, levels: levels - 1)
            isIntact = false
            return
        } else if bytes.trimmingWhiteSpace.first == UInt8(ascii: "{") {
            self.init(damaged: bytes)
            return
        }
        self.init()
        text = encoded.isEmpty ? nil : encoded
    }

    /// A status word that can be told from others; `nil` for white space and for bytes that were not UTF-8.
    static func readableWord(_ word: String) -> String? {
        word.utf8.trimmingWhiteSpace.isEmpty || word.hasReplacements ? nil : word
    }
}
