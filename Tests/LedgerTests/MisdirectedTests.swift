import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

@Suite("A report that came by another way than the body of a POST")
struct MisdirectedTests {
    private static let query = "refid=KH-1&message=%7B%22status%22%3A%22Success%22%7D"

    static let deliveries: [(Delivery, Rejection)] = [
        (.misdirected("GET", query: query), .notPosted(method: "GET")),
        (.misdirected("HEAD", query: query), .notPosted(method: "HEAD")),
        (.misdirected("GET", query: nil, body: callbackBody("KH-1")), .notPosted(method: "GET")),
        (.misdirected("GET", query: "ping=1", body: callbackBody("KH-1")), .notPosted(method: "GET")),
        (.misdirected("POST", query: query), .reportInQuery),
        (.misdirected("POST", query: query, body: Array("{}".utf8)), .reportInQuery),
        (.misdirected("POST", query: "trxid=KH-1", body: [0xFF, 0xFE]), .reportInQuery),
    ]

    @Test("is rejected, and is the same again when the journal is read", arguments: deliveries.indices)
    func rejected(_ index: Int) throws {
        let (delivery, rejection) = Self.deliveries[index]
        try withDataFolder { folder in
            #expect(folder.ledger().commit(delivery) == [.success(.rejected(rejection))])
            #expect(folder.names(in: "transactions").isEmpty)
            let name = try #require(folder.names(in: "rejected").first)
            let kept = try #require(folder.bytes("rejected/\(name)"))
            let value = try JSONParser.parse(kept)
            #expect(value["method"]?.string == delivery.method && value["query"]?.string == delivery.query)
            #expect(value["trxid"]?.string == "KH-1")
            #expect(value["error"]?.string == rejection.explanation && value.body == delivery.body)
            // As after a power cut.
            try folder.removeItem("rejected/\(name)")
            try folder.removeItem("journal/.lock")
            #expect(folder.ledger().commit(.test("KH-2")).map(\.change) == [.created])
            #expect(folder.bytes("rejected/\(name)") == kept)
        }
    }

    @Test("is filed where the body of the POST says all, whatever the query holds")
    func filed() {
        let delivery = Delivery.misdirected("POST", query: "refid=KH-2", body: callbackBody("KH-1"))
        guard case .callback(let callback, _) = Interpretation(delivery) else {
            Issue.record("it was rejected")
            return
        }
        #expect(callback.trxid == "KH-1")
    }

    @Test(
        "is found by the id that it seems to be about",
        arguments: [
            ("", "refid=KH-1", "KH-1", nil), ("", "message=x&TRXID=KH%2D1", "KH-1", nil),
            ("", "trxid=a&refid=b", "b", nil),
            ("", "memberid=goodlink&trxid=9", "9", "goodlink"), ("", "refid=&x=1", nil, nil),
            (#"{"refid":"KH-1","message":"{\"st"#, nil, "KH-1", nil), (#"{'RefId' : 'KH-1', x}"#, nil, "KH-1", nil),
            (#"{"trxid":1732453000123,"#, nil, "1732453000123", nil), ("refid=KH-1&message=x", nil, "KH-1", nil),
            (#"{"message":"{\"trxid\":\"KH-1\""#, nil, "KH-1", nil), (#"{"memberid":"goodlink""#, nil, nil, "goodlink"),
            ("hello", nil, nil, nil), (#"{"refid":null}"#, nil, nil, nil), ("prefid=1", nil, nil, nil),
            ("refid", nil, nil, nil), (#"{"refid":"#, nil, nil, nil),
        ] as [(String, String?, String?, String?)])
    func mentioned(_ body: String, _ query: String?, _ trxid: String?, _ memberid: String?) {
        let ids = MentionedIDs(body: Array(body.utf8), query: query)
        #expect(ids.trxid == trxid && ids.memberid == memberid)
    }
}
