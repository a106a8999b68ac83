/// Reads callbacks: bytes in, values out.
package enum CallbackReader {
    /// Reads a body. Linear in its length.
    ///
    /// - Parameter arrival: When the body arrived; the year of the text's time is the one nearest to it.
    package static func read(_ body: [UInt8], arrival: Timestamp) throws(Unreadable) -> Callback {
        let envelope = try Envelope(body)
        let report = Report(message: envelope.message)
        let knownID = envelope.refid ?? envelope.trxid ?? report.trxid
        let text = ReportText(report.text ?? "", id: knownID, isCut: report.isCut)

        let memberid = envelope.memberid ?? report.memberid ?? text.memberid
        let kind: Callback.Kind = envelope.refid == nil && memberid != nil ? .topup : .transaction
        var trxid = knownID
        // The text of a top-up has no id of its own; what looks like one there would file it apart from its copies.
        if kind == .transaction { trxid = trxid ?? text.id }
        guard trxid != nil || kind == .topup else { throw .noID }
        let names = kind == .topup ? [trxid, memberid] : [trxid]
        guard !names.contains(where: { $0?.hasReplacements == true }) else { throw .invalidID }

        let word = report.status ?? text.statusWord
        let status = word.flatMap { Status(word: $0) } ?? .unknown
        return Callback(
            kind: kind,
            trxid: trxid,
            status: status,
            providerStatus: word == status.rawValue ? nil : word,
            serialNumber: text.serialNumber,
            product: text.product,
            destination: report.destination ?? text.destination,
            price: text.price,
            reason: text.reason,
            memberid: memberid,
            amount: envelope.amount ?? report.amount ?? text.amount,
            balance: text.balance,
            providerTime: text.time?.text(nearest: arrival),
            text: report.text,
            damaged: !report.isIntact || word == nil,
            messageDigest: trxid == nil ? digest(of: envelope.message) : "")
    }

    private static func digest(of message: JSONValue?) -> String {
        var writer = JSONWriter()
        if let message { writer.value(message) }
        let bytes = message?.string.map { Array($0.utf8) } ?? writer.bytes
        let digits = SHA256.digest(bytes).prefix(4).flatMap {
            [HexDigits.lower[Int($0 >> 4)], HexDigits.lower[Int($0 & 15)]]
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
