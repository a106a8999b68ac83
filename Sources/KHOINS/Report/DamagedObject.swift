import Formats

/// An object that is not JSON any more: quotes missing, raw, or of the wrong kind, its end cut off.
///
/// KHOINS's own documentation shows such reports, so they are read, by the places where known keys stand. The text may
/// hold anything raw, an operator's whole answer too, so a member counts as the object's own only where it cannot be
/// the text's: before the text, or behind it where nothing but members follows to the object's end. Inside braces of
/// its own no member is the object's. Whatever touches the place where the bytes end is left out, since its own end
/// was not seen. Linear in the input.
struct DamagedObject {
    /// A member's value.
    struct Member {
        var text: String
        /// Its quotes were there, so nothing of it is missing and nothing else is in it.
        var isWhole: Bool
    }

    private let bytes: [UInt8]
    private let markers: [KeyMarker]
    /// For each marker whether nothing but members follows from there to the object's end.
    private let tails: [Bool]
    /// The offset of the quote that ends the last string, where `"}` ends the whole.
    private let closingQuote: Int?
    /// The offset of the brace that ends the whole.
    let closingBrace: Int?

    /// The object's own members; those of one key in order. One without a value says nothing, in an empty text.
    private(set) var members: [MemberKey: [Member]] = [:]
    /// Keys of which a member stands there whose value cannot be read.
    private(set) var unreadable: Set<MemberKey> = []
    /// As it was before the object was made, and so JSON again where it is a report.
    private(set) var text: String?
    /// Whether the text is a report whose quotes were not escaped.
    private var isReport = false
    /// Whether the end of the text may be missing.
    private(set) var isCut = false
    /// Status words that stand behind the text.
    private(set) var wordsBehindText: [String] = []
    /// Whether the text ends where its string does, so that what is behind it cannot be part of it. Raw quotes inside
    /// braces, as an operator's answer has them, do not end it.
    private(set) var isTextClosed = false
    /// What status words inside the text mean, each once.
    private(set) var quotedStatuses: [Status] = []
    /// Up to three different ids inside the text, no deeper in braces than those of a report that begins there.
    private(set) var quotedIDs: [String] = []
    /// One stands there that cannot be read.
    private(set) var hasUnreadableQuotedID = false
    /// Whether another object begins right behind this one.
    private(set) var isFollowed = false
    /// Whether another envelope begins in the text, with quotes that are not escaped: two callbacks came as one.
    private(set) var holdsEnvelope = false

    /// - Parameter bytes: Begin with the object's brace.
    init(_ bytes: [UInt8]) {
        let bytes = Self.withoutPadding(bytes)
        self.bytes = bytes
        markers = KeyMarker.all(in: bytes)
        closingBrace = bytes.last == UInt8(ascii: "}") ? bytes.count - 1 : nil
        closingQuote = Self.closingQuote(of: bytes)
        tails = Self.tails(bytes, markers, closingQuote: closingQuote)
        var position = 0
        // A brace in a value moves all that is behind it to another depth.
        let hasOwnText = markers.contains { $0.key == .text && $0.depth == 1 }
        var misplaced: [Int] = []
        for (index, marker) in markers.enumerated() where marker.start >= position {
            guard let key = marker.key, isMemberPlace(marker.start, behind: position) else { continue }
            if key == .text, marker.depth == 1 || !hasOwnText {
                for place in misplaced where marker.depth != 1 || markers[place].depth < 1 { collectQuoted(at: place) }
                readText(at: index)
                return
            }
            if marker.depth == 1 {
                position = take(key, at: index) ?? position
            } else {
                misplaced.append(index)
            }
        }
        for place in misplaced where markers[place].depth < 1 { collectQuoted(at: place) }
    }

    /// The bytes up to the last brace, where only white space, NULs and commas are behind it.
    private static func withoutPadding(_ bytes: [UInt8]) -> [UInt8] {
        let last = bytes.lastIndex { !$0.isPadding }
        guard let last, bytes[last] == UInt8(ascii: "}"), last + 1 < bytes.count else { return bytes }
        return Array(bytes[...last])
    }

    private static func closingQuote(of bytes: [UInt8]) -> Int? {
        var end = bytes.endIndex
        var hasBrace = false
        while end > 0, bytes[end - 1].isWhiteSpace || bytes[end - 1] == UInt8(ascii: "}") {
            hasBrace = hasBrace || bytes[end - 1] == UInt8(ascii: "}")
            end -= 1
        }
        guard hasBrace, end > 0, bytes[end - 1].isQuote, !bytes.isEscaped(at: end - 1) else { return nil }
        return end - 1
    }

    /// Whether a member may begin at `start`: behind a comma, a bracket, or another member's end.
    private func isMemberPlace(_ start: Int, behind position: Int) -> Bool {
        let before = bytes.skippingWhiteSpaceBack(from: start)
        return before <= position || bytes[before - 1].isQuote || ",{}]".utf8.contains(bytes[before - 1])
    }

    /// Takes the member at a marker, and returns the offset behind it.
    private mutating func take(_ key: MemberKey, at index: Int) -> Int? {
        guard let value = Self.value(bytes, markers, at: index, closingQuote: closingQuote) else {
            unreadable.insert(key)
            return nil
        }
        members[key, default: []].append(value.member)
        return value.end
    }

    /// The value of a key other than the text's, with the offset behind it.
    private static func value(
        _ bytes: [UInt8], _ markers: [KeyMarker], at index: Int, closingQuote: Int?
    ) -> (member: Member, end: Int)? {
        let start = markers[index].valueStart
        guard start < bytes.count else { return nil }
        let next = index + 1 < markers.count ? markers[index + 1].start : nil
        if bytes[start].isQuote {
            if let end = closedString(bytes, from: start, before: next) {
                if bytes[end - 1] == UInt8(ascii: ","), let text = unquoted(bytes[start..<end]) {
                    // The quote is perhaps the next key's, and the bytes were cut off behind it.
                    return (Member(text: text, isWhole: false), end + 1)
                }
                return (Member(text: DamagedString.decoded(bytes[(start + 1)..<end]), isWhole: true), end + 1)
            }
            guard let end = next ?? closingQuote, end > start else { return nil }
            return unquoted(bytes[start..<end]).map { (Member(text: $0, isWhole: false), end) }
        }
        let end = bytes[start...].firstIndex { $0.isWhiteSpace || $0.isQuote || ",}".utf8.contains($0) }
        guard let end else { return nil }
        if ["null", "true", "false"].contains(bytes.text(start..<end)) {
            return (Member(text: "", isWhole: true), end)
        }
        guard let text = unquoted(bytes[start..<end]) else { return nil }
        let isNumber = !bytes[end].isQuote && (try? JSONParser.parse(Array(text.utf8))) == .number(text)
        return (Member(text: isNumber ? WholeNumber.digits(text) : text, isWhole: isNumber), end)
    }

    /// A value without the quotes and the comma that belong to the members around it.
    private static func unquoted(_ range: ArraySlice<UInt8>) -> String? {
        let value = range.drop(while: \.isQuote)
        let last = value.lastIndex { !$0.isWhiteSpace && !$0.isQuote && $0 != UInt8(ascii: ",") }
        return last.map { DamagedString.decoded(value[...$0]) }
    }

    /// The offset of the quote that ends the string at `start`, if a member's end or the next key follows it. Where
    /// neither does, it opens the next key, and this string's own is missing.
    private static func closedString(_ bytes: [UInt8], from start: Int, before next: Int?) -> Int? {
        guard let index = quote(bytes, endingStringAt: start) else { return nil }
        let after = bytes.skippingWhiteSpace(from: index + 1)
        guard after < bytes.count else { return nil }
        return after == next || ",}".utf8.contains(bytes[after]) ? index : nil
    }

    private static func quote(_ bytes: [UInt8], endingStringAt start: Int) -> Int? {
        var index = start + 1
        while index < bytes.count, bytes[index] != bytes[start] {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index < bytes.count ? index : nil
    }

    /// Goes from the last marker to the first: from each on there is nothing but members if its value ends where the
    /// next such member begins, or where only the object's own end is left.
    private static func tails(_ bytes: [UInt8], _ markers: [KeyMarker], closingQuote: Int?) -> [Bool] {
        var tails = [Bool](repeating: false, count: markers.count)
        for index in markers.indices.reversed() {
            let isLast = index == markers.count - 1
            // Behind something that is no member, nothing before it is a tail either.
            guard isLast || tails[index + 1] else { break }
            guard markers[index].key != .text,
                let value = value(bytes, markers, at: index, closingQuote: closingQuote)
            else { break }
            let next = isLast ? bytes.count : markers[index + 1].start
            guard value.end <= next else { break }
            let between = bytes[value.end..<next].filter { !$0.isWhiteSpace }
            if isLast {
                // Where the value's own end is missing, the quote before the brace may be the text's.
                guard value.member.isWhole, between.contains(UInt8(ascii: "}")),
                    between.allSatisfy({ $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: ",") })
                else { break }
            } else {
                guard between.isEmpty || between.elementsEqual([UInt8(ascii: ",")]) else { break }
            }
            tails[index] = true
        }
        return tails
    }

    // MARK: - The text

    /// The text, which may hold anything raw and therefore takes all there is: to the end, or to members that cannot
    /// be its own.
    private mutating func readText(at index: Int) {
        let valueStart = markers[index].valueStart
        guard valueStart < bytes.count else {
            isCut = true
            return
        }
        let isObject = bytes[valueStart] == UInt8(ascii: "{")
        let start = bytes[valueStart].isQuote ? valueStart + 1 : valueStart
        let brace = bytes.skippingWhiteSpace(from: start)
        if brace < bytes.count, bytes[brace] == UInt8(ascii: "{") {
            let key = bytes.skippingWhiteSpace(from: brace + 1)
            isReport = key < bytes.count && bytes[key].isQuote
        }
        let depth = markers[index].depth
        let behind = (index + 1)..<markers.count

        var first: Int?
        var end = isObject ? closingBrace : closingQuote
        if let close = textClose(from: valueStart, isObject: isObject) {
            isFollowed = beginsObject(behindMember: close + 1)
            first = behind.first { tails[$0] && markers[$0].start > close && separator(before: $0) == close }
            isTextClosed = first != nil || close == end
            if first != nil { end = close }
        }
        if !isTextClosed, !isObject {
            first = behind.first { place in
                tails[place] && markers[place].depth == depth && markers[place].key != nil
                    && separator(before: place).map { $0 >= start && bytes[$0].isQuote } == true
            }
            if let place = first,
                (place..<markers.count).contains(where: { markers[$0].key.map { members[$0] == nil } == true })
            {
                end = separator(before: place)
            }
        }
        if let first {
            for place in first..<markers.count where markers[place].depth == depth { takeBehindText(at: place) }
        }
        let ownBrace = isReport || isObject ? brace : nil
        holdsEnvelope = behind.contains { isEnvelope(at: $0, otherThan: ownBrace) }
        for place in behind.lowerBound..<(first ?? markers.count) {
            // An id deeper inside is somebody else's.
            if markers[place].key == .status || markers[place].depth <= depth + (isReport ? 1 : 0) {
                collectQuoted(at: place)
            }
        }
        if let end, end >= start {
            text = content(bytes[start..<end])
        } else {
            isCut = true
            let endsWithQuote = bytes[bytes.count - 1].isQuote && !bytes.isEscaped(at: bytes.count - 1)
            let rest = bytes[start...].dropLast(endsWithQuote ? 1 : 0)
            text = rest.isEmpty ? nil : content(rest, isCut: true)
        }
    }

    /// Whether this object ends behind its member that ends at an offset, and another one begins.
    private func beginsObject(behindMember end: Int) -> Bool {
        let brace = bytes.skippingWhiteSpace(from: end)
        guard brace < bytes.count, bytes[brace] == UInt8(ascii: "}") else { return false }
        let rest = bytes[(brace + 1)...].drop(while: \.isPadding)
        guard rest.first == UInt8(ascii: "{") else { return false }
        let key = bytes.skippingWhiteSpace(from: rest.startIndex + 1)
        return key < bytes.count && bytes[key].isQuote
    }

    /// Whether a marker is the first member of an object that can be an envelope.
    ///
    /// - Parameter brace: That of the report, which is none.
    private func isEnvelope(at place: Int, otherThan brace: Int?) -> Bool {
        guard let key = markers[place].key, [.refid, .memberid, .text].contains(key) else { return false }
        let before = bytes.skippingWhiteSpaceBack(from: markers[place].start) - 1
        return before >= 0 && before != brace && bytes[before] == UInt8(ascii: "{")
    }

    /// The offset of the quote that ends the text's string, or of the brace that ends the object that stands in its
    /// place: the first that is in no braces of the text.
    private func textClose(from valueStart: Int, isObject: Bool) -> Int? {
        var depth = 0
        var index = isObject ? valueStart : valueStart + 1
        guard isObject || bytes[valueStart].isQuote else { return nil }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if isObject, depth == 0 { return index }
            case UInt8(ascii: "\\"): index += 1
            case bytes[valueStart] where depth == 0 && !isObject: return index
            default: break
            }
            index += 1
        }
        return nil
    }

    private mutating func takeBehindText(at place: Int) {
        guard let key = markers[place].key else { return }
        if key == .status, members[.status] == nil || !isTextClosed {
            if let value = Self.value(bytes, markers, at: place, closingQuote: closingQuote) {
                wordsBehindText.append(value.member.text)
            }
        } else if isTextClosed || [.destination, .amount, .serialNumber].contains(key) && members[key] == nil {
            _ = take(key, at: place)
        } else if key == .refid || key == .trxid {
            // It may be the text's, and so gives no id.
            addQuotedID(at: place)
        }
    }

    private mutating func addQuotedID(at place: Int) {
        let value = Self.value(bytes, markers, at: place, closingQuote: closingQuote)?.member.text
        guard let value else {
            hasUnreadableQuotedID = true
            return
        }
        if quotedIDs.count < 3, let id = value.identifier, !quotedIDs.contains(id) { quotedIDs.append(id) }
    }

    /// Notes a member that may be the object's own, or one that the text quotes.
    private mutating func collectQuoted(at place: Int) {
        switch markers[place].key {
        case .status:
            let value = Self.value(bytes, markers, at: place, closingQuote: closingQuote)?.member.text
            if let status = value.flatMap({ Status(word: $0) }), !quotedStatuses.contains(status) {
                quotedStatuses.append(status)
            }
        case .refid, .trxid: addQuotedID(at: place)
        default: break
        }
    }

    /// What stands between a value and the member behind it: the offset before the comma.
    private func separator(before place: Int) -> Int? {
        let comma = bytes.skippingWhiteSpaceBack(from: markers[place].start) - 1
        guard comma > 0, bytes[comma] == UInt8(ascii: ",") else { return nil }
        let end = bytes.skippingWhiteSpaceBack(from: comma) - 1
        return end >= 0 && !bytes.isEscaped(at: end) ? end : nil
    }

    /// A report whose quotes were not escaped stands there as it is; everything else has its escapes.
    private func content(_ range: ArraySlice<UInt8>, isCut: Bool = false) -> String {
        isReport
            ? String(decoding: range, as: UTF8.self) : DamagedString.decoded(range, isCut: isCut)
    }
}

extension DamagedObject {
    /// All members of one key as one id, and whether each of them was whole.
    func identifier(_ key: MemberKey) -> (claim: Claim<String>, isWhole: Bool) {
        var claim = Claim<String>()
        let found = members[key] ?? []
        for member in found { claim.add(member.text.identifier) }
        return (claim, claim.value != nil && found.allSatisfy(\.isWhole))
    }

    var amount: Int? {
        var claim = Claim<Int>()
        for member in members[.amount] ?? [] { claim.add(Rupiah.parse(member.text.utf8.trimmingWhiteSpace)) }
        return claim.value
    }

    var status: StatusClaim {
        var own = Claim<String>()
        for member in members[.status] ?? [] { own.add(status: Members.readableWord(member.text)) }
        return StatusClaim(
            word: own.value, isDisputed: own.isDisputed,
            damage: StatusClaim.Damage(
                wordsBehindText: wordsBehindText.compactMap(Members.readableWord), isTextClosed: isTextClosed,
                quoted: quotedStatuses))
    }
}
