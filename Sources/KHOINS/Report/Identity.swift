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
    init(
        _ envelope: borrowing Envelope, _ report: borrowing Report, _ text: borrowing ReportText, knownID: String?
    ) throws(Unreadable) {
        memberid = envelope.memberid ?? report.memberid ?? text.memberid
        // Only where an id is in question: reading the mark once more takes time.
        let mark = envelope.refid == nil || envelope.doubt != nil ? HeadMark(report.text, knownID: knownID) : HeadMark()
        let isOrder =
            envelope.refid != nil || report.destination != nil || envelope.destination != nil
            || text.memberid == nil && (text.product != nil || text.namesTransaction)
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
        _ envelope: borrowing Envelope, _ doubt: Envelope.Doubt, _ report: borrowing Report,
        _ text: borrowing ReportText, _ mark: HeadMark
    ) -> Bool {
        if doubt.hasDisputedID { return false }
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

/// The id behind the `R#` that begins a report's text.
struct HeadMark {
    enum ID: Equatable {
        case none
        case known
        case other
    }

    private(set) var id = ID.none

    init() {}

    init(_ text: String?, knownID: String?) {
        guard let text else { return }
        let bytes = Array(text.utf8)
        let mark = bytes.skippingWhiteSpace(from: 0)
        guard bytes.hasWord(TextWords.idMark, at: mark) else { return }
        let start = mark + TextWords.idMark.utf8CodeUnitCount
        let known = Array((knownID ?? "").utf8)
        if !known.isEmpty, bytes[start...].starts(with: known), Self.endsID(bytes, at: start + known.count) {
            id = .known
        } else {
            id = start < bytes.count && !bytes[start].isWhiteSpace ? .other : .none
        }
    }

    private static func endsID(_ bytes: [UInt8], at index: Int) -> Bool {
        guard index < bytes.count else { return true }
        return bytes[index].isWhiteSpace || bytes[index].isQuote || ">[".utf8.contains(bytes[index])
            || bytes[index...].starts(with: "...".utf8)
    }
}
