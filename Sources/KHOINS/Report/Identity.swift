import Formats

/// What a callback is filed under.
///
/// A callback under a wrong id changes somebody else's order, and one that is rejected only waits for somebody to look
/// at it. So an id in bytes that are no JSON counts only where all that could name one agree on it, and where one of
/// them was seen whole.
struct Identity {
    var kind: Callback.Kind
    var trxid: String?
    var memberid: String?

    /// - Parameter knownID: The id that the envelope or the report gives.
    init(_ envelope: Envelope, _ report: Report, _ text: ReportText, knownID: String?) throws(Unreadable) {
        memberid = envelope.memberid ?? report.memberid ?? text.memberid
        // Only where an id is in question: reading the head once more takes time.
        let mark = envelope.refid == nil || envelope.doubt != nil ? HeadMark(report.text, knownID: knownID) : HeadMark()
        let isOrder =
            envelope.refid != nil || report.destination != nil || envelope.destination != nil
            || text.memberid == nil && (text.product != nil || mark.isAboutTransaction)
        kind = isOrder || memberid == nil ? .transaction : .topup
        trxid = knownID
        // The text of a top-up has no id of its own; what looks like one there would file it apart from its copies.
        if kind == .transaction { trxid = trxid ?? text.id }
        guard trxid != nil || kind == .topup else {
            if let doubt = envelope.doubt { throw .notJSON(doubt.failure) }
            throw .noID
        }
        let names = kind == .topup ? [trxid, memberid] : [trxid]
        guard !names.contains(where: { $0?.hasReplacements == true }) else { throw .invalidID }

        if let doubt = envelope.doubt {
            guard isCertain(envelope, doubt, report, text, mark) else { throw .notJSON(doubt.failure) }
        } else if kind == .transaction, envelope.refid == nil, envelope.trxid == nil, !report.isIntact {
            let isCertain =
                report.trxid == nil ? report.doubtfulIDs?.allSatisfy { $0 == trxid } ?? true : mark.id != .other
            guard isCertain else { throw .doubtfulID }
        }
    }

    private func isCertain(
        _ envelope: Envelope, _ doubt: Envelope.Doubt, _ report: Report, _ text: ReportText, _ mark: HeadMark
    ) -> Bool {
        let ids = [envelope.refid, envelope.trxid, report.trxid].compactMap { $0 } + doubt.quotedIDs
        guard ids.allSatisfy({ $0 == trxid }) else { return false }
        let isReportWhole = report.trxid != nil && report.isTrxidWhole
        switch kind {
        case .transaction:
            if mark.id == .other { return false }
            if doubt.hasUnreadableID { return isReportWhole && mark.id == .known }
            // `R#` alone, without a quote around the id, proves itself only where nothing else can be misread.
            guard let trxid, !ids.isEmpty else { return doubt.isSound }
            return doubt.wholeIDs.contains(trxid) || isReportWhole || mark.id == .known
        case .topup:
            let memberids = [envelope.memberid, report.memberid, text.memberid].compactMap { $0 }
            guard doubt.isClosed, !doubt.hasUnreadableID, memberids.allSatisfy({ $0 == memberid }) else { return false }
            if let trxid, !doubt.wholeIDs.contains(trxid) { return false }
            return memberid.map { doubt.wholeIDs.contains($0) } == true
                || report.memberid != nil && report.isMemberidWhole || text.memberid != nil
        }
    }
}

/// What the head of a report's text names: the id behind `R#`, and whether it is about a `Transaksi`.
struct HeadMark {
    enum ID: Equatable {
        case none
        case known
        case other
    }

    private(set) var id = ID.none
    private(set) var isAboutTransaction = false

    init() {}

    /// Linear in the text's head.
    init(_ text: String?, knownID: String?) {
        guard let text else { return }
        let bytes = Array(text.utf8)
        var index = bytes.skippingWhiteSpace(from: 0)
        if bytes.hasWord(TextWords.idMark, at: index) {
            index += TextWords.idMark.utf8CodeUnitCount
            let known = Array((knownID ?? "").utf8)
            if !known.isEmpty, bytes[index...].starts(with: known), Self.endsID(bytes, at: index + known.count) {
                id = .known
                index += known.count
            } else {
                let end = bytes[index...].firstIndex(where: \.isWhiteSpace) ?? bytes.count
                id = end > index ? .other : .none
                index = end
            }
        }
        readSubject(bytes, from: index)
    }

    private static func endsID(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index < bytes.count else { return true }
        return bytes[index].isWhiteSpace || bytes[index].isQuote || ">[".utf8.contains(bytes[index])
            || bytes[index...].starts(with: "...".utf8)
    }

    /// `Transaksi` among the words of the first sentence, before a `Member` or a label.
    private mutating func readSubject(_ bytes: [UInt8], from start: Int) {
        var index = start
        while true {
            index = bytes.skippingWhiteSpace(from: index)
            guard index < bytes.count else { return }
            let end = bytes[index...].firstIndex(where: \.isWhiteSpace) ?? bytes.count
            let token = bytes[index..<end]
            let word = token.lastIndex(of: UInt8(ascii: ">")).map { token[($0 + 1)...] } ?? token
            if word.isWord(TextWords.transaction) {
                isAboutTransaction = true
                return
            }
            let isHeader = token.first == UInt8(ascii: "[") || token.last == UInt8(ascii: ">")
            guard isHeader || !word.isWord(TextWords.member), !word.contains(UInt8(ascii: ":")),
                word.last != UInt8(ascii: ".") || index == start
            else { return }
            index = end
        }
    }
}
