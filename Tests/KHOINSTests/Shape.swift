import Testing

@testable import Formats
@testable import KHOINS

/// One of the shapes that KHOINS sends, with what is to be read from it.
struct Shape: CustomTestStringConvertible, Sendable {
    var name: String
    /// The outer members without `message`, as JSON.
    var outer: String
    /// The report, as it stands in `message` after the first parse.
    var inner: String
    var expected: Callback

    var testDescription: String { name }

    var body: [UInt8] { Self.body(outer: outer, message: inner) }

    /// A valid outer object around any `message`.
    static func body(outer: String, message: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw("{")
        writer.raw(Array((outer.isEmpty ? "" : "\(outer),").utf8))
        writer.key("message")
        writer.string(message)
        writer.raw("}")
        return writer.bytes
    }
}

extension Callback {
    /// A callback of which a test names only what matters to it.
    static func expected(
        _ kind: Kind = .transaction, _ trxid: String? = "KH-9001", _ status: Status = .success,
        providerStatus: String? = nil, serialNumber: String? = nil, product: String? = nil,
        destination: String? = nil, price: Int? = nil, reason: String? = nil, memberid: String? = nil,
        amount: Int? = nil, balance: Int? = nil, providerTime: String? = nil, text: String? = nil,
        damaged: Bool = false, messageDigest: String = ""
    ) -> Callback {
        Callback(
            kind: kind, trxid: trxid, status: status, providerStatus: providerStatus, serialNumber: serialNumber,
            product: product, destination: destination, price: price, reason: reason, memberid: memberid,
            amount: amount, balance: balance, providerTime: providerTime, text: text, damaged: damaged,
            messageDigest: messageDigest)
    }
}

extension Timestamp {
    /// 2026-03-24 20:38:10 WIB, two seconds after the time in the shapes.
    static let arrival = Timestamp(CivilTime(year: 2026, month: 3, day: 24, hour: 13, minute: 38, second: 10))
}

func read(_ body: String, arrival: Timestamp = .arrival) throws -> Callback {
    try CallbackReader.read(Array(body.utf8), arrival: arrival)
}

/// Reads a text with no status beside it, inside an intact report of transaction 1.
func readText(_ text: String, status: String? = nil, arrival: Timestamp = .arrival) throws -> Callback {
    var inner = JSONWriter()
    inner.open("{")
    if let status {
        inner.next()
        inner.key("status")
        inner.string(status)
    }
    inner.next()
    inner.key("message")
    inner.string(text)
    inner.close("}")
    let body = Shape.body(outer: #""refid":"1""#, message: String(decoding: inner.bytes, as: UTF8.self))
    return try CallbackReader.read(body, arrival: arrival)
}
