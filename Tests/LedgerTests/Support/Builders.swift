import KHOINS

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

extension Timestamp {
    /// 2026-11-22T08:18:33.123456Z, and seconds after it.
    static func test(_ seconds: Int = 0) -> Timestamp {
        let civil = CivilTime(year: 2026, month: 11, day: 22, hour: 8, minute: 18, second: 33)
        return Timestamp(microseconds: Timestamp(civil, microsecond: 123_456).microseconds + Int64(seconds) * 1_000_000)
    }
}

/// A callback's bytes in the shape of the seed's own example.
func callbackBody(_ trxid: String = "abc-123", _ status: String = "Success", text: String = "") -> [UInt8] {
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
    static func test(
        _ trxid: String = "abc-123", _ status: String = "Success", text: String = "", at time: Timestamp = .test(),
        from address: String = "182.23.3.230"
    ) -> Delivery {
        Delivery(body: callbackBody(trxid, status, text: text), receivedAt: time, remoteAddress: address)
    }

    static func test(
        body: [UInt8], at time: Timestamp = .test(), declaredLength: Int? = nil
    ) -> Delivery {
        Delivery(body: body, receivedAt: time, remoteAddress: "182.23.3.230", declaredLength: declaredLength)
    }

    /// One with a Content-Type of its own.
    static func typed(_ contentType: String) -> Delivery {
        var delivery = Delivery.test()
        delivery.contentType = contentType
        return delivery
    }

    /// One that came by another way than the body of a POST.
    static func misdirected(_ method: String, query: String?, body: [UInt8] = []) -> Delivery {
        Delivery(body: body, receivedAt: .test(), remoteAddress: "182.23.3.230", method: method, query: query)
    }
}

extension Delivery {
    static func imported(
        _ trxid: String = "abc-123", _ status: String = "Success", at time: Timestamp = .test()
    ) -> Delivery {
        var delivery = Delivery.test(trxid, status, at: time)
        delivery.imported = true
        return delivery
    }
}

extension Expectation {
    static func test(
        _ trxid: String = "abc-123", product: String? = "TH10", destination: String? = "0812000111",
        at time: Timestamp = .test()
    ) -> Expectation {
        Expectation(trxid: trxid, product: product, destination: destination, notedAt: time)
    }
}

extension Submission {
    static func test(_ trxid: String = "abc-123", _ status: String = "Success", text: String = "") -> Submission {
        Submission(Delivery.test(trxid, status, text: text))
    }

    static func expecting(_ trxid: String = "abc-123", product: String? = "TH10") -> Submission {
        Submission(.test(trxid, product: product))
    }
}

extension Callback {
    static func test(
        _ status: Status = .success, kind: Kind = .transaction, trxid: String? = "abc-123", memberid: String? = nil,
        amount: Int? = nil, digest: String = ""
    ) -> Callback {
        Callback(
            kind: kind, trxid: trxid, status: status, memberid: memberid, amount: amount, messageDigest: digest)
    }
}

extension Position {
    static func test(_ number: Int) -> Position { Position(number) }
}

extension JournalEntry {
    /// The entry's line, with its new line.
    func line(_ number: Int = 1) -> [UInt8] {
        var line: [UInt8] = []
        EntryDraft(content).append(to: &line, at: Position(number), updating: updates)
        return line
    }

    /// Reads such a line (without its new line).
    init?(line: ArraySlice<UInt8>) {
        guard case .entry(let placed) = JournalLine(line) else { return nil }
        self = placed.entry
    }
}

extension Ledger {
    /// Commits deliveries as one batch.
    func commit(_ deliveries: Delivery...) -> [Result<Outcome, LedgerError>] {
        commit(deliveries.map { Submission($0) }).outcomes
    }
}

extension Result<Outcome, LedgerError> {
    /// What a filed submission changed; `nil` for anything else.
    var change: Change? {
        if case .success(.filed(_, _, let change)) = self { change } else { nil }
    }

    var error: LedgerError? {
        if case .failure(let error) = self { error } else { nil }
    }
}
