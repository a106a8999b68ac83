import Formats

/// Reads callbacks: bytes in, values out.
package enum CallbackReader {
    /// Reads a body. Linear in its length.
    ///
    /// - Parameter arrival: When the body arrived; the year of the text's time is the one nearest to it.
    package static func read(_ body: [UInt8], arrival: Timestamp) throws(Unreadable) -> Callback {
        let envelope = try Envelope(body)
        let report = Report(message: envelope.message, isCut: envelope.isCut)
        let knownID = envelope.refid ?? envelope.trxid ?? report.trxid
        let text = ReportText(report.text ?? "", id: knownID, isCut: report.isCut)

        let identity = try Identity(envelope, report, text, knownID: knownID)
        let word = StatusClaim.word(report: report.status, envelope: envelope.status, text: text.statusWord)
        let status = word.flatMap { Status(word: $0) } ?? .unknown
        let isDisputed = report.status.isDisputed || envelope.status.isDisputed
        return Callback(
            kind: identity.kind,
            trxid: identity.trxid,
            status: status,
            providerStatus: word == status.rawValue ? nil : word,
            serialNumber: text.serialNumber ?? report.serialNumber ?? envelope.serialNumber,
            product: text.product,
            destination: report.destination ?? envelope.destination ?? text.destination,
            price: text.price,
            reason: text.reason,
            memberid: identity.memberid,
            amount: envelope.amount ?? report.amount ?? text.amount,
            balance: text.balance,
            providerTime: text.time?.text(nearest: arrival),
            text: report.text,
            damaged: !envelope.isIntact || !report.isIntact || word == nil || isDisputed,
            messageDigest: identity.trxid == nil ? digest(of: envelope.message) : "")
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
