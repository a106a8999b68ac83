import KHOINSCallback

/// A callback as it arrived.
package struct Delivery: Equatable, Sendable {
    /// The bytes, exactly.
    package var body: [UInt8]
    package var receivedAt: Timestamp
    /// `REMOTE_ADDR`; empty where the web server gave none.
    package var remoteAddress: String
    /// The CONTENT_LENGTH, where another number of bytes came; such a delivery is rejected.
    package var declaredLength: Int?
    /// It came to a web server while this program was down, and was taken in later: it arrived when it says, whatever
    /// stands before it in the journal.
    package var imported: Bool

    package init(
        body: [UInt8], receivedAt: Timestamp, remoteAddress: String, declaredLength: Int? = nil, imported: Bool = false
    ) {
        self.body = body
        self.receivedAt = receivedAt
        self.remoteAddress = remoteAddress
        self.declaredLength = declaredLength == body.count ? nil : declaredLength
        self.imported = imported
    }
}

/// A reseller's own note that it has ordered and waits for the callback.
package struct Expectation: Equatable, Sendable {
    package var trxid: String
    package var product: String?
    package var destination: String?
    package var notedAt: Timestamp

    package init(trxid: String, product: String?, destination: String?, notedAt: Timestamp) {
        self.trxid = trxid
        self.product = product
        self.destination = destination
        self.notedAt = notedAt
    }
}
