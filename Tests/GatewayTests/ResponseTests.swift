import Ledger
import Testing

@testable import Gateway

@Suite("A response")
struct ResponseTests {
    private static let common = "Content-Type: application/json\r\n"

    static let table: [(Response, String)] = [
        (
            .filed(trxid: "abc-123", memberid: nil, change: .created),
            "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 55\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"ok","trxid":"abc-123","result":"created"}"# + "\n"
        ),
        (
            .filed(trxid: nil, memberid: "goodlink", change: .duplicate),
            "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 61\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"ok","memberid":"goodlink","result":"duplicate"}"# + "\n"
        ),
        (
            .filed(trxid: "a\"\n\u{E9}", memberid: "m", change: .updated),
            "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 55\r\nCache-Control: no-store\r\n\r\n"
                + "{\"status\":\"ok\",\"trxid\":\"a\\\"\\n\u{E9}\",\"result\":\"updated\"}\n"
        ),
        (
            .healthy,
            "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"ok"}"# + "\n"
        ),
        (
            .rejected(.incomplete(received: 10, declared: 500)),
            "Status: 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 66\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"error","error":"the body ended after 10 of 500 bytes"}"# + "\n"
        ),
        (
            .forbidden,
            "Status: 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 39\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"error","error":"forbidden"}"# + "\n"
        ),
        (
            .methodNotAllowed,
            "Status: 405 Method Not Allowed\r\nContent-Type: application/json\r\nContent-Length: 64\r\nCache-Control: no-store\r\nAllow: GET, HEAD, POST\r\n\r\n"
                + #"{"status":"error","error":"only POST, GET and HEAD are served"}"# + "\n"
        ),
        (
            .tooLarge(limit: 65_536),
            "Status: 413 Content Too Large\r\nContent-Type: application/json\r\nContent-Length: 69\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"error","error":"the body is larger than 65536 bytes"}"# + "\n"
        ),
        (
            .notSetUp,
            "Status: 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 44\r\nCache-Control: no-store\r\n\r\n"
                + #"{"status":"error","error":"internal error"}"# + "\n"
        ),
        (
            .unavailable,
            "Status: 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 91\r\nCache-Control: no-store\r\nRetry-After: 10\r\n\r\n"
                + #"{"status":"error","error":"the callback cannot be stored at the moment; send it again"}"# + "\n"
        ),
    ]

    @Test("is sent as these bytes", arguments: table)
    func bytes(_ response: Response, _ text: String) {
        // The length is checked for itself below, so that the table can be read.
        let withoutLength = { (text: String) in
            text.split(separator: "\r\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("Content-Length") }
        }
        let sent = String(decoding: response.bytes(withBody: true), as: UTF8.self)
        #expect(withoutLength(sent) == withoutLength(text))
    }

    @Test("tells the length of its body, and to HEAD sends all but the body", arguments: table)
    func length(_ response: Response, _ text: String) {
        let whole = response.bytes(withBody: true)
        let header = response.bytes(withBody: false)
        #expect(whole == header + response.body)
        #expect(header.suffix(4).elementsEqual("\r\n\r\n".utf8))
        #expect(String(decoding: header, as: UTF8.self).contains("\r\nContent-Length: \(response.body.count)\r\n"))
    }
}
