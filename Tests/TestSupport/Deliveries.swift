import Formats
import Journal

extension Timestamp {
    /// 2026-11-22T08:18:33.123456Z, and seconds after it.
    package static func test(_ seconds: Int = 0) -> Timestamp {
        let civil = CivilTime(year: 2026, month: 11, day: 22, hour: 8, minute: 18, second: 33)
        return Timestamp(microseconds: Timestamp(civil, microsecond: 123_456).microseconds + Int64(seconds) * 1_000_000)
    }
}

/// A callback's bytes in the shape of the seed's own example.
package func callbackBody(_ trxid: String = "abc-123", _ status: String = "Success", text: String = "") -> [UInt8] {
    var report = JSONWriter()
    report.open("{")
    report.next()
    report.key("status")
    report.string(status)
    report.next()
    report.key("message")
    report.string(text)
    report.close("}")
    var envelope = JSONWriter()
    envelope.open("{")
    envelope.next()
    envelope.key("refid")
    envelope.string(trxid)
    envelope.next()
    envelope.key("message")
    envelope.string(report.bytes)
    envelope.close("}")
    return envelope.bytes
}

extension Delivery {
    package static func test(
        _ trxid: String = "abc-123", _ status: String = "Success", text: String = "", at time: Timestamp = .test(),
        from address: String = "182.23.3.230"
    ) -> Delivery {
        Delivery(body: callbackBody(trxid, status, text: text), receivedAt: time, remoteAddress: address)
    }

    package static func test(
        body: [UInt8], at time: Timestamp = .test(), declaredLength: Int? = nil
    ) -> Delivery {
        Delivery(body: body, receivedAt: time, remoteAddress: "182.23.3.230", declaredLength: declaredLength)
    }

    /// One with a Content-Type of its own.
    package static func typed(_ contentType: String) -> Delivery {
        var delivery = Delivery.test()
        delivery.contentType = contentType
        return delivery
    }

    /// One that came by another way than the body of a POST.
    package static func misdirected(_ method: String, query: String?, body: [UInt8] = []) -> Delivery {
        Delivery(body: body, receivedAt: .test(), remoteAddress: "182.23.3.230", method: method, query: query)
    }
}

extension Delivery {
    package static func imported(
        _ trxid: String = "abc-123", _ status: String = "Success", at time: Timestamp = .test()
    ) -> Delivery {
        var delivery = Delivery.test(trxid, status, at: time)
        delivery.imported = true
        return delivery
    }
}

extension Expectation {
    package static func test(
        _ trxid: String = "abc-123", product: String? = "TH10", destination: String? = "0812000111",
        at time: Timestamp = .test()
    ) -> Expectation {
        Expectation(trxid: trxid, product: product, destination: destination, notedAt: time)
    }
}

extension Position {
    package static func test(_ number: Int) -> Position { Position(number) }
}
