import Formats

/// The outer JSON of a callback.
struct Envelope {
    var refid: String?
    var trxid: String?
    var memberid: String?
    var destination: String?
    var amount: Int?
    var serialNumber: String?
    var status = StatusClaim()
    var message: JSONValue?
    /// Whether the end of `message` may be missing.
    var isCut = false
    /// Whether nothing at all was wrong with the bytes.
    var isIntact = true
    /// What speaks against the ids; `nil` where the bytes are JSON.
    var doubt: Doubt?

    /// What speaks against the ids of an envelope that is no JSON.
    final class Doubt: Sendable {
        /// Why it is none.
        let failure: JSONParser.Failure
        /// Whether its members are parted as in JSON, though strings or commas are not as they should be.
        let isSound: Bool
        /// Ids of which nothing can be missing, and in which nothing else can be.
        let wholeIDs: Set<String>
        /// An id is there that cannot be read, or that one object spells in two ways that disagree.
        let hasUnreadableID: Bool
        /// Different ids stand where the object has one: perhaps it is two.
        let hasDisputedID: Bool
        /// Other ids that stand inside the message where a report has its own.
        let quotedIDs: [String]
        /// Whether the envelope's end was seen.
        let isClosed: Bool

        init(
            failure: JSONParser.Failure, isSound: Bool, wholeIDs: Set<String>, hasUnreadableID: Bool,
            hasDisputedID: Bool = false, quotedIDs: [String] = [], isClosed: Bool = true
        ) {
            self.failure = failure
            self.isSound = isSound
            self.wholeIDs = wholeIDs
            self.hasUnreadableID = hasUnreadableID
            self.hasDisputedID = hasDisputedID
            self.quotedIDs = quotedIDs
            self.isClosed = isClosed
        }
    }

    /// Reads strictly, and tolerantly what is no JSON.
    init(_ body: [UInt8]) throws(Unreadable) {
        guard body.contains(where: { !$0.isWhiteSpace }) else { throw .empty }
        let value: JSONValue
        do {
            value = try JSONParser.parse(body)
        } catch {
            // No way from KHOINS to here nests like that.
            guard error.reason != .tooDeep,
                let envelope = Envelope(tolerant: body, error, levels: Self.maximumLevels)
            else { throw .notJSON(error) }
            self = envelope
            isIntact = false
            return
        }
        guard case .object(let members) = value else { throw .notAnObject }
        self.init(Members(members))
        isIntact = body.isASCII || String(validating: body, as: UTF8.self) != nil
    }

    /// How many rounds of escapes too many are taken away, and one more.
    private static let maximumLevels = 3

    private init(_ members: Members) { take(members) }

    // As a method it borrows the members; an initializer would copy each of them before it looks at its value.
    private mutating func take(_ members: Members) {
        refid = members.refid.value
        trxid = members.trxid.value
        memberid = members.memberid.value
        destination = members.destination.value
        amount = members.amount.value
        serialNumber = members.serialNumber.value
        status = StatusClaim(word: members.status.value, isDisputed: members.status.isDisputed)
        message = members.text.value
    }

    /// Reads an object though it is no JSON, with anything before and behind it that says nothing of an id.
    private init?(tolerant body: [UInt8], _ failure: JSONParser.Failure, levels: Int) {
        guard let start = Self.objectStart(body), Self.isJunk(body[..<start]) else {
            guard let body = Self.withBrace(body) else { return nil }
            self.init(DamagedObject(body), failure)
            return
        }
        if body[body.skippingWhiteSpace(from: start + 1)] == UInt8(ascii: "\\") {
            guard levels > 1 else { return nil }
            self.init(tolerant: Array(DamagedString.decoded(body[start...]).utf8), failure, levels: levels - 1)
            return
        }
        if let (value, end) = try? JSONParser.parseTolerantly(body, at: start), case .object(let members) = value,
            Self.repeats(body[start..<end], in: body[end...])
                || Self.isJunk(body[end...]) && !body[end...].contains(where: \.isQuote)
                || Self.isClosing(body[end...])
        {
            let members = Members(members)
            self.init(members)
            status.damage = StatusClaim.Damage()
            doubt = Doubt(
                failure: failure, isSound: true, wholeIDs: Set([refid, trxid, memberid].compactMap { $0 }),
                hasUnreadableID: members.refid.isDisputed || members.trxid.isDisputed || members.memberid.isDisputed)
            return
        }
        self.init(DamagedObject(Array(body[start...])), failure)
    }

    private init(_ object: DamagedObject, _ failure: JSONParser.Failure) {
        let ids = [MemberKey.refid, .trxid, .memberid].map { object.identifier($0) }
        refid = ids[0].claim.value
        trxid = ids[1].claim.value
        memberid = ids[2].claim.value
        destination = object.identifier(.destination).claim.value
        amount = object.amount
        serialNumber = object.identifier(.serialNumber).claim.value.flatMap { Placeholder.value($0.utf8) }
        status = object.status
        let isDouble = object.isFollowed || object.holdsEnvelope
        if isDouble {
            // Which of two callbacks counts nobody knows, nor where the text of the first one ends.
            status.isDisputed = true
        } else {
            message = object.text.map { .string($0) }
        }
        isCut = object.isCut
        doubt = Doubt(
            failure: failure, isSound: false, wholeIDs: Set(ids.filter(\.isWhole).compactMap(\.claim.value)),
            hasUnreadableID: object.hasUnreadableQuotedID || isDouble && refid == nil
                || !object.unreadable.isDisjoint(with: [.refid, .trxid, .memberid]),
            hasDisputedID: ids.contains(where: \.claim.isDisputed), quotedIDs: object.quotedIDs,
            isClosed: object.closingBrace != nil && !object.isCut)
    }

    /// The first brace, if a key is behind it, perhaps with an escaped quote or none. A later brace may be that of a
    /// quoted object.
    private static func objectStart(_ body: [UInt8]) -> Int? {
        guard let brace = body.firstIndex(of: UInt8(ascii: "{")) else { return nil }
        let key = body.skippingWhiteSpace(from: brace + 1)
        guard key < body.count else { return nil }
        return body[key].isQuote || body[key].isLetter || body[key] == UInt8(ascii: "\\") ? brace : nil
    }

    /// A body that lost its first brace, with it.
    private static func withBrace(_ body: [UInt8]) -> [UInt8]? {
        let body = [UInt8(ascii: "{")] + body.trimmingPrefix(while: \.isWhiteSpace)
        guard let first = KeyMarker.all(in: body).first, first.start == 1, first.key != nil else { return nil }
        return body
    }

    /// Whether nothing is there but the end of what the object stood in.
    private static func isClosing(_ rest: ArraySlice<UInt8>) -> Bool {
        rest.allSatisfy {
            $0.isPadding || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]")
        }
    }

    /// Whether nothing is there but the same bytes again, perhaps more than once.
    private static func repeats(_ object: ArraySlice<UInt8>, in rest: ArraySlice<UInt8>) -> Bool {
        var rest = rest.trimmingPrefix(while: \.isWhiteSpace)
        guard rest.starts(with: object) else { return false }
        while rest.starts(with: object) { rest = rest.dropFirst(object.count).trimmingPrefix(while: \.isWhiteSpace) }
        return rest.isEmpty
    }

    private static func isJunk(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard !bytes.isEmpty else { return true }
        let bytes = Array(bytes)
        return MentionedID.trxid(in: bytes) == nil && !KeyMarker.all(in: bytes).contains { $0.key != nil }
    }
}
