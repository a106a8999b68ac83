import Formats

/// A callback as it arrived.
package struct Delivery: Equatable, Sendable {
    /// The bytes, exactly.
    package var body: [UInt8]
    package var receivedAt: Timestamp
    /// `REMOTE_ADDR`; empty where the web server gave none.
    package var remoteAddress: String
    /// The CONTENT_LENGTH, where fewer bytes came; such a delivery is rejected. Where more came, a server has inflated
    /// the body or a proxy has counted wrong: all of them are the body.
    package var declaredLength: Int?
    /// The request's method and query, without any token, where it is not the body of a POST that carries the report;
    /// `nil` for all others.
    package var method: String?
    package var query: String?
    /// The Content-Type that it came with, where that was not `application/json`, for those whom it is handed on to;
    /// `nil` for that one, and where none is known.
    package var contentType: String?
    /// It came to a web server while this program was down, and was taken in later: it arrived when it says, whatever
    /// stands before it in the journal.
    package var imported: Bool

    package init(
        body: [UInt8], receivedAt: Timestamp, remoteAddress: String, declaredLength: Int? = nil, method: String? = nil,
        query: String? = nil, contentType: String? = nil, imported: Bool = false
    ) {
        self.body = body
        self.receivedAt = receivedAt
        self.remoteAddress = remoteAddress
        self.declaredLength = declaredLength.flatMap { $0 > body.count ? $0 : nil }
        self.method = method
        self.query = query
        self.contentType = contentType
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
