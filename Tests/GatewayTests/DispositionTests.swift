import KHOINS
import Testing

@testable import Formats
@testable import Gateway
@testable import Journal
@testable import Ledger
@testable import System

@Suite("The gateway")
struct DispositionTests {
    private static let limit = 200

    /// What became of one request.
    struct Answer {
        var response: Response
        /// What was to be stored.
        var delivery: JournalEntry.Content?
        var isProbed: Bool
        /// Bytes that were asked of the body.
        var asked: Int?
        var log: String
    }

    private func answer(
        _ request: Request, body: [UInt8] = seedBody, outcome: CommitResult = .filed,
        probe: LedgerError? = nil, tokens: [String] = ["s3cret"], ranges: [String] = []
    ) -> Answer {
        let file = CapturedLog()
        let policy = AccessPolicy(tokens: tokens.map { Token($0) }, ranges: ranges.compactMap { AddressRange($0) })
        let gateway = Gateway(access: policy, maximumBody: Self.limit, log: file.log)
        var answer = Answer(response: .notSetUp, isProbed: false, log: "")
        var asked: Int?
        let replies = Locked<[Response]>([])
        gateway.answer(request, arrival: .test) { expected, limit in
            asked = expected ?? limit
            return Array(body.prefix(limit))
        } commit: { submission, completion in
            answer.delivery = submission.entry.content
            file.log.committed([(submission, outcome)])
            completion(outcome)
        } probe: {
            answer.isProbed = true
            return probe
        } reply: { response in
            replies.withLock { $0.append(response) }
        }
        #expect(replies.withLock { $0.count } == 1)
        answer.response = replies.withLock { $0.first } ?? .notSetUp
        answer.asked = asked
        answer.log = file.text
        return answer
    }

    @Test("stores what is posted, exactly, with its time and address")
    func store() {
        let answer = answer(.test("POST", ["CONTENT_LENGTH": "\(seedBody.count)"]))
        #expect(answer.response == .filed(trxid: "abc-123", memberid: nil, change: .created))
        let delivery = Delivery(body: seedBody, receivedAt: .test, remoteAddress: "182.23.3.230")
        #expect(answer.delivery == .delivery(delivery))
        #expect(!answer.isProbed)
    }

    @Test("judges bytes, not the content type", arguments: [nil, "", "text/plain", "multipart/form-data"] as [String?])
    func contentType(_ type: String?) {
        var variables: [String: String] = [:]
        variables["CONTENT_TYPE"] = type
        let answer = answer(.test("POST", variables))
        #expect(answer.response.status == .ok)
        // It is kept for whom the callback is handed on to.
        var delivery = Delivery(body: seedBody, receivedAt: .test, remoteAddress: "182.23.3.230")
        delivery.contentType = type?.isEmpty == false ? type : nil
        #expect(answer.delivery == .delivery(delivery))
    }

    @Test(
        "reads a body of unknown length to its end, within the limit",
        arguments: [(0, true), (1, true), (199, true), (200, true), (201, false), (100_000, false)])
    func unknownLength(_ count: Int, _ isStored: Bool) {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        let answer = answer(.test(), body: body)
        #expect(
            answer.response
                == (isStored ? .filed(trxid: "abc-123", memberid: nil, change: .created) : .tooLarge(limit: 200)))
        #expect(answer.asked == 201)
        let delivery = Delivery(body: body, receivedAt: .test, remoteAddress: "182.23.3.230")
        #expect(answer.delivery == (isStored ? .delivery(delivery) : nil))
        #expect(isStored || answer.log.contains("event=refused status=413 reason=size"))
    }

    @Test(
        "refuses a body that is announced as too large without reading it", arguments: [("200", true), ("201", false)])
    func announcedLength(_ length: String, _ isRead: Bool) {
        let answer = answer(.test("POST", ["CONTENT_LENGTH": length]))
        #expect((answer.asked != nil) == isRead)
        #expect((answer.response == .tooLarge(limit: 200)) == !isRead)
    }

    @Test("keeps a body that ended early as what it is")
    func shortBody() {
        let answer = answer(.test("POST", ["CONTENT_LENGTH": "150"]), body: Array(seedBody.prefix(50)))
        let delivery = Delivery(
            body: Array(seedBody.prefix(50)), receivedAt: .test, remoteAddress: "182.23.3.230", declaredLength: 150)
        #expect(answer.delivery == .delivery(delivery))
    }

    @Test("tells health to GET and HEAD", arguments: ["GET", "HEAD"])
    func health(_ method: String) {
        for query in ["", "?x=1", "?token=s3cret", "?id=KH-1"] {
            let healthy = answer(.test(method, ["REQUEST_URI": "/khoins/s3cret\(query)"]), body: [])
            #expect(healthy.response == .healthy)
            #expect(healthy.isProbed && healthy.delivery == nil && healthy.asked == 0)
            #expect(healthy.log == "event=asked status=200 address=182.23.3.230\n")
        }
        let full = LedgerError.system(call: "write", path: ".probe", errno: 28)
        #expect(answer(.test(method), body: [], probe: full).response == .unavailable)
    }

    /// What `GET` and `HEAD` come with, and what of the query is kept.
    static let misdirected: [(query: String, body: [UInt8], kept: String?)] = [
        ("refid=KH-1&message=%7B%7D", [], "refid=KH-1&message=%7B%7D"),
        ("token=s3cret&refid=KH-1", [], "refid=KH-1"), ("refid=KH-1&TOKEN=s3cret", [], "refid=KH-1"),
        ("refid=KH-1&x=s3cret&y=s3%63ret", [], "refid=KH-1&x=&y="), ("refid=KH-1&s3cret", [], "refid=KH-1"),
        ("refid=KH-1&%74oken=lain", [], "refid=KH-1"), ("refid=s3%2563ret", [], "refid="),
        ("", seedBody, nil), ("ping=1", [0x7B], "ping=1"),
    ]

    @Test(
        "keeps a report that came by another method as rejected, without the token", arguments: ["GET", "HEAD"],
        misdirected)
    func notPosted(_ method: String, _ given: (query: String, body: [UInt8], kept: String?)) throws {
        let rejection = Rejection.notPosted(method: method)
        let request = Request.test(method, ["QUERY_STRING": given.query])
        let answer = answer(request, body: given.body, outcome: .success(.rejected(rejection)))
        #expect(answer.response.status == .methodNotAllowed && !answer.isProbed)
        let head = String(decoding: answer.response.bytes(withBody: true), as: UTF8.self)
        #expect(head.contains("\r\nAllow: POST\r\n") && head.contains("must come as POST"))
        let delivery = Delivery(
            body: given.body, receivedAt: .test, remoteAddress: "182.23.3.230", method: method, query: given.kept)
        #expect(answer.delivery == .delivery(delivery))
        guard case .rejected(rejection) = Interpretation(delivery) else {
            Issue.record("read as something else")
            return
        }
        #expect(!answer.log.contains("s3cret") && !answer.log.contains("KH-1"))
    }

    @Test(
        "keeps the query of a POST whose body is no callback",
        arguments: [
            ("refid=KH-1&token=s3cret", [], "refid=KH-1"), ("message=x", Array("{".utf8), "message=x"),
            ("refid=KH-1", Array("refid=KH-1".utf8), "refid=KH-1"), ("ping=1", [], nil),
            ("refid=KH-1", seedBody, nil),
        ] as [(String, [UInt8], String?)])
    func reportInQuery(_ query: String, _ body: [UInt8], _ kept: String?) {
        let answer = answer(.test("POST", ["QUERY_STRING": query]), body: body)
        let delivery = Delivery(
            body: body, receivedAt: .test, remoteAddress: "182.23.3.230", method: kept.map { _ in "POST" }, query: kept)
        #expect(answer.delivery == .delivery(delivery))
        if kept != nil, case .rejected(let rejection) = Interpretation(delivery) {
            #expect(rejection == .reportInQuery)
        }
    }

    @Test("bounds a query that would be kept like a body", arguments: ["GET", "POST"])
    func longQuery(_ method: String) {
        for (count, isKept) in [(200, true), (201, false)] {
            let query = "refid=" + String(repeating: "x", count: count - 6)
            let answer = answer(.test(method, ["QUERY_STRING": query]), body: [])
            #expect((answer.delivery != nil) == isKept)
            #expect((answer.response.status == .contentTooLarge) == !isKept)
        }
        let query = String(repeating: "refid=1&", count: 100)
        #expect(answer(.test("POST", ["QUERY_STRING": query])).response.status == .ok)
    }

    @Test("takes all of a body that is longer than its length says", arguments: ["0", "1", "100", "200"])
    func longerBody(_ length: String) {
        let answer = answer(.test("POST", ["CONTENT_LENGTH": length]))
        let isLonger = seedBody.count > Int(length) ?? 0
        #expect(answer.response.status == .ok || !isLonger)
        guard case .delivery(let delivery) = answer.delivery else {
            Issue.record("nothing was stored")
            return
        }
        #expect(delivery.body == seedBody)
        #expect(delivery.declaredLength == (isLonger ? nil : 200))
        let tooLong = self.answer(.test("POST", ["CONTENT_LENGTH": length]), body: Array(repeating: 0x20, count: 201))
        #expect(tooLong.response == .tooLarge(limit: 200) && tooLong.delivery == nil)
    }

    @Test("refuses other methods", arguments: ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "", "POST "])
    func method(_ method: String) {
        let answer = answer(.test(method))
        #expect(answer.response == .methodNotAllowed)
        #expect(answer.delivery == nil && !answer.isProbed && answer.asked == nil)
    }

    @Test(
        "tells a stranger nothing, whatever the request",
        arguments: ["POST", "GET", "HEAD", "PUT"], [["REQUEST_URI": "/khoins/wrong"], ["REMOTE_ADDR": "192.0.2.1"]])
    func stranger(_ method: String, _ variables: [String: String]) {
        let request = Request.test(method, variables.merging(["CONTENT_LENGTH": "100000"]) { $1 })
        let answer = answer(request, ranges: ["182.23.3.0/24"])
        #expect(answer.response == .forbidden)
        #expect(answer.delivery == nil && !answer.isProbed && answer.asked == nil)
        #expect(!answer.log.contains("wrong"))
    }

    static let outcomes: [(CommitResult, Response, String)] = [
        (
            .filed, .filed(trxid: "abc-123", memberid: nil, change: .created),
            "event=stored trxid=abc-123 result=created"
        ),
        (
            .success(.filed(trxid: nil, memberid: "goodlink", change: .updated)),
            .filed(trxid: nil, memberid: "goodlink", change: .updated), "event=stored memberid=goodlink result=updated"
        ),
        (
            .success(.rejected(.unreadable(.empty))), .rejected(.unreadable(.empty)),
            #"event=rejected reason="the body is empty" address=182.23.3.230"#
        ),
        (.success(.rejected(.nameTooLong)), .rejected(.nameTooLong), "event=rejected"),
        (.failure(.system(call: "write", path: "journal/x", errno: 28)), .unavailable, "No space left on device"),
        (.failure(.lockTimedOut(seconds: 10)), .unavailable, "event=failed"),
        (.failure(.cannotRebuild(path: "transactions/a.json")), .unavailable, "event=failed"),
        (.failure(.unusable(path: "/nowhere", errno: 2)), .notSetUp, "event=misconfigured"),
    ]

    @Test("answers and logs what became of a delivery", arguments: outcomes)
    func outcome(_ outcome: CommitResult, _ response: Response, _ log: String) {
        let answer = answer(.test(), outcome: outcome)
        #expect(answer.response == response)
        #expect(answer.log.contains(log))
        #expect(answer.log.split(separator: "\n").count == 1)
        for secret in ["s3cret", "SUKSES", "12345"] { #expect(!answer.log.contains(secret)) }
    }
}

extension CommitResult {
    fileprivate static var filed: Self { .success(.filed(trxid: "abc-123", memberid: nil, change: .created)) }
}
