import Formats
import Journal
import Ledger
import TestSupport
import Testing

/// What the operators' page costs, counted in ways that do not depend on the machine's speed.
@Suite(.serialized) struct PageCostTests {
    private static let key = String(repeating: "4f", count: 16)
    /// More of each than an overview may look at.
    private static let recordCount = 5_000
    private static let waitingCount = 900
    static let maximumRecords = 600
    static let maximumBytes = 2 << 20

    @Test(
        "An overview opens 600 records at most and reads 2 MB at most, however many wait and however many there are",
        .needs("strace"), .looksInside)
    func overview() throws {
        let scratch = try Scratch(.plain)
        let ledger = Ledger(path: scratch.data.path)
        try ledger.prepare()
        let now = Timestamp.now
        for start in stride(from: 0, to: Self.recordCount, by: 250) {
            let batch = (start..<start + 250).map { number in
                let body = number < Self.waitingCount ? Body.pending("KH-\(number)") : Body.success("KH-\(number)")
                return Submission(
                    Delivery(
                        body: body,
                        receivedAt: Timestamp(
                            microseconds: now.microseconds - Int64(Self.recordCount - number) * 1_000_000),
                        remoteAddress: "182.23.3.230"))
            }
            for outcome in ledger.commit(batch).outcomes { _ = try outcome.get() }
        }
        #expect(RecordIndex.make(path: scratch.data.path))
        let page = PageRequests(scratch, key: Self.key)
        let cookie = try page.signIn()
        let calls = try page.calls(getting: "", cookie)
        // It says that there may be more that wait than it has looked at.
        #expect(calls.answer.contains(">500+ "))
        #expect(calls.answer.hasPrefix("Status: 200"))
        #expect(calls.openedRecords <= Self.maximumRecords)
        #expect(calls.readBytes <= Self.maximumBytes)
        #expect(calls.openedRecords > 100 && calls.readBytes > 10_000, "so few that something was not counted")
        // A poll is a look at the journal's end.
        let poll = try page.calls(getting: "?baru=1", cookie)
        #expect(poll.openedRecords == 0)
        #expect(poll.readBytes < 64 << 10)
        #expect(poll.count > 20, "so few that something was not counted")
    }
}

/// Requests for the page, each answered by a process of its own.
private struct PageRequests {
    struct Calls {
        var answer: String
        var count = 0
        var openedRecords = 0
        var readBytes = 0
    }

    let scratch: Scratch
    let key: String

    init(_ scratch: Scratch, key: String) {
        self.scratch = scratch
        self.key = key
    }

    private func command(_ request: Request, _ cookie: String?) throws -> Command {
        var variables = [
            "KHOINS_DATA": scratch.data.path, "KHOINS_TOKEN": secretToken, "KHOINS_PAGE_KEY": key,
            "HTTP_HOST": "127.0.0.1", "HTTP_SEC_FETCH_SITE": "same-origin",
        ]
        variables["HTTP_COOKIE"] = cookie
        return Command(
            [try TestBinary.path()], environment: request.variables.merging(variables) { $1 }, input: request.body)
    }

    /// - Returns: The cookie.
    func signIn() throws -> String {
        var request = Request("POST", "/laporan/khoins/panel?masuk")
        request.body = Array("key=\(key)".utf8)
        let answer = try ChildProcess.run(try command(request, nil)).output
        let line = answer.split(whereSeparator: \.isNewline).first { $0.hasPrefix("Set-Cookie: __Host-khoins=") }
        return String(try #require(line, "\(answer)").dropFirst("Set-Cookie: ".count).prefix { $0 != ";" })
    }

    /// Asks for a page under strace.
    func calls(getting query: String, _ cookie: String) throws -> Calls {
        let tool = [try ServerProgram.path("strace"), "-f", "-qqq", "-o", scratch.file("calls")]
        let request = Request("GET", "/laporan/khoins/panel\(query)")
        let ending = try ChildProcess.run(try command(request, cookie).behind(tool))
        var calls = Calls(answer: ending.output)
        // `1234  openat(5, "KH-1.json", O_RDONLY|O_CLOEXEC) = 7`
        for line in scratch.text("calls").split(separator: "\n") {
            guard let call = line.split(separator: " ", maxSplits: 1).last?.drop(while: { $0 == " " }) else { continue }
            calls.count += 1
            if call.hasPrefix("openat("), call.contains("\"KH-") { calls.openedRecords += 1 }
            if call.hasPrefix("read(") || call.hasPrefix("pread64("), let result = call.split(separator: " ").last {
                calls.readBytes += Int(result) ?? 0
            }
        }
        return calls
    }
}
