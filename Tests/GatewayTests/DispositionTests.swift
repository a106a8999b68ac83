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
        _ request: Request, body: [UInt8] = seedBody, outcome: Result<Outcome, LedgerError> = .filed,
        probe: LedgerError? = nil, tokens: [String] = ["s3cret"], ranges: [String] = []
    ) -> Answer {
        let file = LogFile()
        let policy = AccessPolicy(tokens: tokens.map { Token($0) }, ranges: ranges.compactMap { AddressRange($0) })
        let gateway = Gateway(access: policy, maximumBody: Self.limit, log: file.log)
        var answer = Answer(response: .notSetUp, isProbed: false, log: "")
        var asked: Int?
        let replies = Locked<[Response]>([])
        gateway.answer(request, arrival: .test) { count in
            asked = count
            return Array(body.prefix(count))
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
        #expect(answer(.test("POST", variables)).response.status == .ok)
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
        let healthy = answer(.test(method))
        #expect(healthy.response == .healthy)
        #expect(healthy.isProbed && healthy.delivery == nil && healthy.asked == nil)
        let full = LedgerError.system(call: "write", path: ".probe", errno: 28)
        #expect(answer(.test(method), probe: full).response == .unavailable)
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

    static let outcomes: [(Result<Outcome, LedgerError>, Response, String)] = [
        (
            .filed, .filed(trxid: "abc-123", memberid: nil, change: .created),
            "event=stored trxid=abc-123 result=created"
        ),
        (
            .success(.filed(trxid: nil, memberid: "goodlink", change: .updated)),
            .filed(trxid: nil, memberid: "goodlink", change: .updated), "event=stored trxid=goodlink result=updated"
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
    func outcome(_ outcome: Result<Outcome, LedgerError>, _ response: Response, _ log: String) {
        let answer = answer(.test(), outcome: outcome)
        #expect(answer.response == response)
        #expect(answer.log.contains(log))
        #expect(answer.log.split(separator: "\n").count == 1)
        for secret in ["s3cret", "SUKSES", "12345"] { #expect(!answer.log.contains(secret)) }
    }
}

extension Result<Outcome, LedgerError> {
    fileprivate static var filed: Self { .success(.filed(trxid: "abc-123", memberid: nil, change: .created)) }
}
