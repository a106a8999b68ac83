import Foundation
import TestSupport
import Testing

@Suite("A hostile body")
struct HostileBodyTests {
    private struct Case: Sendable {
        var name: String
        var body: [UInt8]
        var status: Int
        /// What the record of B-1 then says.
        var expected: JSON = [:]

        init(_ name: String, _ body: String, _ status: Int, _ expected: JSON = [:]) {
            self.init(name, bytes: Array(body.utf8), status, expected)
        }

        init(_ name: String, bytes: [UInt8], _ status: Int, _ expected: JSON = [:]) {
            (self.name, self.body, self.status, self.expected) = (name, bytes, status, expected)
        }
    }

    private static func nested(_ open: String, _ close: String, _ depth: Int = 100_000) -> String {
        String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    }

    private static func callback(_ message: String, _ more: String = "") -> String {
        #"{"refid":"B-1"\#(more),"message":\#(message)}"#
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static let success = quoted(#"{"status":"Success","message":"x"}"#)
    private static let keys = (0..<65_536).map { #""k\#($0)":\#($0)"# }.joined(separator: ",")
    private static let sameKeys = (0..<65_536).map { #""status":"S\#($0)""# }.joined(separator: ",")
    private static let digits = String(repeating: "9", count: 100_000)

    private static let cases: [Case] = [
        Case("100,000 arrays", nested("[", "]"), 400),
        Case("100,000 objects", nested(#"{"a":"#, "}"), 400),
        Case("100,000 arrays without an end", String(repeating: "[", count: 100_000), 400),
        Case("100,000 arrays beside the id", callback(success, #","x":"# + nested("[", "]")), 400),
        Case(
            "100,000 arrays in the report", callback(quoted(#"{"status":"Success","x":"# + nested("[", "]") + "}")),
            200,
            ["status": "Success", "damaged": true]),
        Case("message in message in message", callback(nestedStrings(9)), 200, ["trxid": "B-1"]),
        Case("65,536 keys", callback(success, "," + keys), 200, ["status": "Success"]),
        Case("65,536 keys in the report", callback(quoted(#"{"status":"Gagal",\#(keys)}"#)), 200, ["status": "Gagal"]),
        Case(
            "65,536 times one key", callback(quoted("{\(sameKeys)}")), 200,
            ["status": "Unknown", "providerStatus": "S65535"]),
        Case(
            "an id twice: the last one counts", #"{"refid":"B-0","message":\#(success),"refid":"B-1"}"#, 200,
            ["trxid": "B-1"]),
        Case("an id of 100,000 digits", #"{"refid":\#(digits),"message":\#(success)}"#, 400),
        Case("an amount of 100,000 digits", callback(success, #","amount":\#(digits)"#), 200, ["status": "Success"]),
        Case("a huge exponent", callback(success, #","amount":1e999999999"#), 200, ["status": "Success"]),
        Case(
            "a huge price",
            callback(
                quoted(#"{"status":"Success","message":"R#B-1 Transaksi A ke B Harga:\#(digits) SUKSES. SN: 1"}"#)),
            200, ["status": "Success", "serialNumber": "1"]),
        Case("a lone surrogate as id", #"{"refid":"\ud800","message":\#(success)}"#, 400),
        Case(
            "lone surrogates in the text", callback(#""{\"status\":\"Success\",\"message\":\"\\udc00\\ud800 x\"}""#),
            200, ["status": "Success"]),
        Case("half an escape", #"{"refid":"B-1","message":"\u12"}"#, 200, ["status": "Unknown", "damaged": true]),
        Case("NUL", bytes: [UInt8](repeating: 0, count: 100_000), 400),
        Case("0xFF", bytes: [UInt8](repeating: 0xFF, count: 100_000), 400),
        Case("white space", String(repeating: " ", count: 1_000_000), 400),
        Case(
            "backslashes", callback("\"" + String(repeating: "\\\\", count: 400_000) + "\""), 200, ["status": "Unknown"]
        ),
        Case(
            "quotes and colons", callback(quoted("{" + String(repeating: #""status":""#, count: 60_000))), 200,
            ["damaged": true]),
        Case("a byte too many", bytes: [UInt8](repeating: 0x20, count: 4_194_305), 413),
    ]

    private static func nestedStrings(_ levels: Int) -> String {
        (0..<levels).reduce(#"{"status":"Success"}"#) { text, _ in quoted(text) }
    }

    private static let settings = "KHOINS_MAX_BODY=4194304\n"

    @Test("is filed or refused like any other, and soon", arguments: [WayIn.cgi, .fastCGI], cases.indices)
    func body(way: WayIn, _ index: Int) throws {
        let hostile = Self.cases[index]
        let installation = try Installation.prepared(settings: Self.settings)
        try way.start(in: installation)
        let start = ContinuousClock.now
        let reply = try installation.door.send(Request(posting: hostile.body))
        // Unoptimised and beside other tests; anything that is not linear takes far longer.
        #expect(ContinuousClock.now - start < .seconds(20), "\(hostile.name)")
        #expect(reply.status == hostile.status, "\(hostile.name): \(reply.text)")
        let data = installation.scratch.data
        #expect(data.names("transactions").count == (hostile.status == 200 ? 1 : 0), "\(hostile.name)")
        #expect(data.names("rejected").count == (hostile.status == 400 ? 1 : 0), "\(hostile.name)")
        if hostile.status == 200 {
            let record = try data.json("transactions/B-1.json")
            for key in hostile.expected.keys {
                #expect(record[key] == hostile.expected[key], "\(hostile.name): \(key)")
            }
            #expect(record["deliveries"]?.array.first?.body == hostile.body, "\(hostile.name)")
        }
        if hostile.status != 413 { #expect(try data.journal().map(\.body) == [hostile.body], "\(hostile.name)") }
    }

    private static let honest = Array(callback(success).utf8)

    private static let lies: [(String, Int, Int)] = [
        // What is behind the length is there all the same: a proxy has counted wrong.
        ("one byte less", honest.count - 1, 200), ("nothing", 0, 200), ("one byte more", honest.count + 1, 400),
        ("far more", 60_000, 400), ("too much", 70_000, 413), ("more than there is", .max, 413),
    ]

    @Test("that lies about its length is not believed", arguments: [WayIn.cgi, .fastCGI], lies.indices)
    func lengths(way: WayIn, _ index: Int) throws {
        let (name, length, status) = Self.lies[index]
        let installation = try way.open()
        var request = Request(posting: Self.honest)
        request.framing = .declared(length)
        #expect(try installation.door.send(request).status == status, "\(name)")
        #expect(installation.scratch.data.names("transactions").isEmpty == (status != 200), "\(name)")
        #expect(try installation.scratch.data.findings() == [], "\(name)")
        #expect(try installation.door.send(Request(posting: Self.honest)).status == 200)
    }

    @Test(
        "with a length that is no number is read to its end", arguments: [WayIn.cgi, .fastCGI],
        ["-1", "0x10", "", "9e9", "99999999999999999999", " 5"])
    func badLength(way: WayIn, _ length: String) throws {
        let installation = try way.open()
        var request = Request(posting: Self.honest)
        request.framing = .unknownLength
        request.wrongVariables = ["CONTENT_LENGTH": length]
        #expect(try installation.door.send(request).status == 200)
    }
}
