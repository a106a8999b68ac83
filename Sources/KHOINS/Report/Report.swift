import Formats

/// What the JSON inside `message` says.
struct Report {
    var destination: String?
    var trxid: String?
    /// Whether nothing can be missing of `trxid`, and nothing else be in it.
    var isTrxidWhole = true
    /// Ids that stand where they may be members of a damaged report, or its text's; one of them `nil` where it cannot
    /// be read.
    var doubtfulIDs: [String?]?
    var memberid: String?
    var isMemberidWhole = true
    var amount: Int?
    var serialNumber: String?
    var status = StatusClaim()
    var text: String?
    /// Whether it was a JSON object.
    var isIntact = false
    /// Whether the end of `text` may be missing.
    var isCut = false

    /// How many JSON strings inside one another are opened; each doubles the escapes, so more never came.
    private static let maximumLevels = 4

    /// Reads the envelope's `message`, whatever it is.
    ///
    /// - Parameter isCut: The end of the message is missing.
    init(message: JSONValue?, isCut: Bool) {
        switch message {
        case .object(let members): self.init(members)
        case .string(let encoded): self.init(encoded: encoded, isCut: isCut, levels: Self.maximumLevels)
        case .array, .number, .bool, .null, nil: self.init()
        }
    }

    private init() {}

    private init(_ members: [JSONValue.Member]) {
        take(Members(members))
    }

    private mutating func take(_ members: Members) {
        isIntact = true
        destination = members.destination.value
        trxid = members.trxid.value
        memberid = members.memberid.value
        amount = members.amount.value
        serialNumber = members.serialNumber.value
        status = StatusClaim(word: members.status.value, isDisputed: members.status.isDisputed)
        text = members.text.value?.string.flatMap { $0.isEmpty ? nil : $0 }
        if members.trxid.isReplaced || members.trxid.isDisputed { doubtMembers() }
    }

    /// Nobody names two ids of one report. Quotes in the text that were not escaped have made members of a part of it,
    /// and one of these may have taken another's place.
    private mutating func doubtMembers() {
        isIntact = false
        trxid = nil
        status.damage = StatusClaim.Damage(wordsBehindText: status.word.map { [$0] } ?? [], isTextClosed: false)
        status.word = nil
    }

    private init(encoded: String, isCut: Bool, levels: Int) {
        let bytes = Array(encoded.utf8)
        if let value = try? JSONParser.parse(bytes) {
            if case .object(let members) = value {
                self.init(members)
                return
            }
            if case .string(let inner) = value, levels > 1 {
                self.init(encoded: inner, isCut: isCut, levels: levels - 1)
                return
            }
        } else if levels > 1, let inner = DamagedString.opened(bytes) {
            self.init(encoded: inner, isCut: isCut, levels: levels - 1)
            isIntact = false
            return
        } else if let start = Self.objectStart(bytes) {
            if let (value, end) = try? JSONParser.parseTolerantly(bytes, at: start), case .object(let members) = value,
                bytes[end...].allSatisfy({ $0.isPadding || $0 == UInt8(ascii: "}") })
            {
                self.init(members)
                isIntact = false
                status.damage = status.damage ?? StatusClaim.Damage()
            } else {
                self.init(DamagedObject(Array(bytes[start...])))
            }
            return
        }
        self.init()
        self.isCut = isCut
        text = encoded.isEmpty ? nil : encoded
    }

    private init(_ object: DamagedObject) {
        let trxid = object.identifier(.trxid)
        let memberid = object.identifier(.memberid)
        self.trxid = trxid.claim.value
        self.memberid = memberid.claim.value
        (isTrxidWhole, isMemberidWhole) = (trxid.isWhole, memberid.isWhole)
        destination = object.identifier(.destination).claim.value
        amount = object.amount
        serialNumber = object.identifier(.serialNumber).claim.value.flatMap { Placeholder.value($0.utf8) }
        let isUnreadable =
            object.hasUnreadableQuotedID || trxid.claim.isDisputed || object.unreadable.contains(.trxid)
        doubtfulIDs = object.quotedIDs + (isUnreadable ? [nil] : [])
        status = object.status
        if trxid.claim.isDisputed, let damage = status.damage {
            status.damage = StatusClaim.Damage(
                wordsBehindText: damage.wordsBehindText, isTextClosed: false, quoted: damage.quoted)
        }
        if object.isFollowed {
            // Two reports came as one: which of them counts nobody knows, nor where the text of the first one ends.
            status.isDisputed = true
        } else {
            text = object.text.flatMap { $0.isEmpty ? nil : $0 }
        }
        isCut = object.isCut
    }

    /// The offset of the brace that begins a report, with nothing before it but what a byte order mark or a buffer
    /// leaves there.
    private static func objectStart(_ bytes: [UInt8]) -> Int? {
        var index = 0
        while index < bytes.count {
            if bytes[index...].starts(with: [0xEF, 0xBB, 0xBF]) {
                index += 3
            } else if bytes[index].isPadding {
                index += 1
            } else {
                return bytes[index] == UInt8(ascii: "{") ? index : nil
            }
        }
        return nil
    }
}

extension UInt8 {
    /// White space, NULs and commas say nothing around an object.
    var isPadding: Bool { isWhiteSpace || self == 0 || self == UInt8(ascii: ",") }
}
