import Formats

/// A report that is not JSON any more: quotes missing, raw, or of the wrong kind, its end cut off.
///
/// KHOINS's own documentation shows such reports, so they are read, by the places where known keys stand. Whatever
/// touches the place where the bytes end is left out, since its own end was not seen. Linear in the input.
struct DamagedReport {
    private let bytes: [UInt8]
    private let markers: [KeyMarker]
    /// The offset of the quote that ends the last string, where `"}` ends the whole.
    private let closingQuote: Int?

    private(set) var values: [ReportKey: String] = [:]
    private(set) var isCut = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        markers = KeyMarker.all(in: bytes)
        closingQuote = Self.closingQuote(of: bytes)
        var position = 0
        for (index, marker) in markers.enumerated() {
            guard marker.start >= position, let key = marker.key, values[key] == nil else { continue }
            guard let value = key == .text ? text(at: index) : value(at: index) else { continue }
            values[key] = value.text
            position = value.end
        }
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

    /// The value of a key other than the text's, with the offset behind it.
    private func value(at index: Int) -> (text: String, end: Int)? {
        let start = markers[index].valueStart
        guard start < bytes.count else { return nil }
        let next = index + 1 < markers.count ? markers[index + 1].start : nil
        if bytes[start].isQuote {
            if let end = closedString(from: start, before: next) {
                return end > start + 1 ? (DamagedString.decoded(bytes[(start + 1)..<end]), end + 1) : nil
            }
            guard let end = next ?? closingQuote, end > start else { return nil }
            return unquoted(start..<end).map { ($0, end) }
        }
        let end = bytes[start...].firstIndex { $0.isWhiteSpace || $0.isQuote || ",}".utf8.contains($0) }
        guard let end, !["null", "true", "false"].contains(bytes.text(start..<end)) else { return nil }
        return unquoted(start..<end).map { ($0, end) }
    }

    /// A value without the quotes and the comma that belong to the members around it.
    private func unquoted(_ range: Range<Int>) -> String? {
        let value = bytes[range].drop(while: \.isQuote)
        let last = value.lastIndex { !$0.isWhiteSpace && !$0.isQuote && $0 != UInt8(ascii: ",") }
        return last.map { DamagedString.decoded(value[...$0]) }
    }

    /// The offset of the quote that ends the string at `start`, if a member's end or the next key follows it. Where
    /// neither does, it opens the next key, and this string's own is missing.
    private func closedString(from start: Int, before next: Int?) -> Int? {
        var index = start + 1
        while index < bytes.count, bytes[index] != bytes[start] {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard index < bytes.count else { return nil }
        let after = bytes.skippingWhiteSpace(from: index + 1)
        guard after < bytes.count else { return nil }
        return after == next || ",}".utf8.contains(bytes[after]) ? index : nil
    }

    /// The text, which may hold anything raw and therefore takes all there is: to the end, or to a key that is still
    /// missing.
    private mutating func text(at index: Int) -> (text: String, end: Int)? {
        var start = markers[index].valueStart
        if start < bytes.count, bytes[start].isQuote { start += 1 }
        for marker in markers[(index + 1)...] {
            if let key = marker.key, key != .text, values[key] == nil, let end = quoteAndComma(before: marker.start),
                end >= start
            {
                return (DamagedString.decoded(bytes[start..<end]), marker.start)
            }
        }
        if let closingQuote, closingQuote >= start {
            return (DamagedString.decoded(bytes[start..<closingQuote]), bytes.count)
        }
        isCut = true
        guard start < bytes.count else { return nil }
        let endsWithQuote = bytes[bytes.count - 1].isQuote && !bytes.isEscaped(at: bytes.count - 1)
        return (DamagedString.decoded(bytes[start...].dropLast(endsWithQuote ? 1 : 0), isCut: true), bytes.count)
    }

    /// The offset of the quote, where a quote and a comma stand before `index`.
    private func quoteAndComma(before index: Int) -> Int? {
        let comma = bytes.skippingWhiteSpaceBack(from: index) - 1
        guard comma > 0, bytes[comma] == UInt8(ascii: ",") else { return nil }
        let quote = bytes.skippingWhiteSpaceBack(from: comma) - 1
        return quote >= 0 && bytes[quote].isQuote && !bytes.isEscaped(at: quote) ? quote : nil
    }
}

extension Report {
    package init(damaged bytes: [UInt8]) {
        let report = DamagedReport(bytes)
        destination = report.values[.destination]
        trxid = report.values[.trxid]
        memberid = report.values[.memberid]
        amount = report.values[.amount].flatMap { Rupiah.parse($0.utf8.trimmingWhiteSpace) }
        status = report.values[.status].flatMap(Self.readableWord)
        text = report.values[.text].flatMap { $0.isEmpty ? nil : $0 }
        isCut = report.isCut
    }
}
