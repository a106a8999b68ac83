import Ledger
import Testing

@testable import Gateway

@Suite("A response")
struct ResponseTests {
    struct Row: Sendable {
        var response: Response
        var status: String
        /// The lines that only some answers have.
        var more = ""
        var length: Int
        var body: String
    }

    static let table = [
        Row(
            response: .filed(trxid: "abc-123", memberid: nil, change: .created), status: "200 OK", length: 53,
            body: #"{"status":"ok","trxid":"abc-123","result":"created"}"#),
        Row(
            response: .filed(trxid: nil, memberid: "goodlink", change: .duplicate), status: "200 OK", length: 59,
            body: #"{"status":"ok","memberid":"goodlink","result":"duplicate"}"#),
        Row(
            response: .filed(trxid: "a\"\n\u{E9}", memberid: "m", change: .updated), status: "200 OK", length: 53,
            body: #"{"status":"ok","trxid":"a\"\né","result":"updated"}"#),
        Row(
            response: .healthy, status: "200 OK", length: 16,
            body: #"{"status":"ok"}"#),
        Row(
            response: .rejected(.incomplete(received: 10, declared: 500)), status: "400 Bad Request", length: 66,
            body: #"{"status":"error","error":"the body ended after 10 of 500 bytes"}"#),
        Row(
            response: .forbidden, status: "403 Forbidden", length: 39,
            body: #"{"status":"error","error":"forbidden"}"#),
        Row(
            response: .methodNotAllowed, status: "405 Method Not Allowed", more: "Allow: GET, HEAD, POST\r\n",
            length: 64,
            body: #"{"status":"error","error":"only POST, GET and HEAD are served"}"#),
        Row(
            response: .tooLarge(limit: 65_536), status: "413 Content Too Large", length: 65,
            body: #"{"status":"error","error":"the body is larger than 65536 bytes"}"#),
        Row(
            response: .notSetUp, status: "500 Internal Server Error", length: 44,
            body: #"{"status":"error","error":"internal error"}"#),
        Row(
            response: .unavailable, status: "503 Service Unavailable", more: "Retry-After: 10\r\n", length: 88,
            body: #"{"status":"error","error":"the callback cannot be stored at the moment; send it again"}"#),
    ]

    @Test("is sent as these bytes", arguments: table)
    func bytes(_ row: Row) {
        let text =
            "Status: \(row.status)\r\nContent-Type: application/json\r\nContent-Length: \(row.length)\r\n"
            + "Cache-Control: no-store\r\n\(row.more)\r\n\(row.body)\n"
        #expect(row.response.bytes(withBody: true) == Array(text.utf8))
    }

    @Test("to HEAD is sent without its body, whose length it still tells", arguments: table)
    func head(_ row: Row) {
        let header = row.response.bytes(withBody: false)
        #expect(row.response.bytes(withBody: true) == header + Array("\(row.body)\n".utf8))
        #expect(header.suffix(4).elementsEqual("\r\n\r\n".utf8))
    }
}
