import Gateway
import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import Operations
@testable import System

@Suite("follow --forward")
struct FollowForwardTests {
    private func store(_ installation: FollowedDirectory, _ body: String) -> [UInt8] {
        let bytes = Array(body.utf8)
        installation.store(
            Delivery(body: bytes, receivedAt: FollowedDirectory.time(0), remoteAddress: "182.23.3.230"))
        return bytes
    }

    @Test("POSTs the body as it came, with what the shop has to know of it")
    func request() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        let bodies = [
            #"{"refid":"KH 1/2","message":"{\"status\":\"Sukses\",\"message\":\"a\\\\b é \t\"}"}"#,
            " \r\n\t{\"refid\" : \"plain\",\n\"message\":\"{\\\"status\\\":\\\"Gagal\\\"}\"}\n\n",
            #"{"refid":"@/etc/passwd","message":"{\"status\":\"Success\"}"}"#,
            "\0{\"refid\":\"nul\",\"message\":\"{\\\"status\\\":\\\"Success\\\"}\"}\0",
            #"{"refid":"long","message":"{\"status\":\"Success\",\"message\":\""#
                + String(repeating: "\\\\n", count: 15_000)
                + #"\"}"}"#,
        ].map { store(installation, $0) }
        let program = try installation.start("follow", "--once", "--from", "start", "--forward", endpoint.url)
        #expect(try program.ending().status == 0, "\(program.errors)")
        #expect(program.output == "" && program.errors == "")
        let received = endpoint.received.sorted { $0.position < $1.position }
        #expect(received.map(\.body) == bodies)
        #expect(received.map(\.trxid) == ["KH 1/2", "plain", "@/etc/passwd", "nul", "long"])
        #expect(
            received.map { $0.headers["x-khoins-status"] } == ["Success", "Gagal", "Success", "Success", "Success"])
        for (index, request) in received.enumerated() {
            #expect(request.line == "POST /khoins?kunci=rahasia HTTP/1.1")
            #expect(request.headers["content-type"] == "application/json")
            #expect(request.headers["user-agent"]?.hasPrefix("khoins-callback/0.") == true)
            #expect(request.headers["idempotency-key"] == "\(index + 1)" && request.position == index + 1)
            #expect(request.headers["expect"] == nil)
        }
    }

    @Test("gives a body the Content-Type that it came with")
    func contentType() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        let types = ["text/plain; charset=\"utf-8\"", "application/x-www-form-urlencoded", "a/%41\\"]
        for (index, type) in types.enumerated() {
            installation.store(
                Delivery(
                    body: Array(#"{"refid":"n\#(index)","message":"{\"status\":\"Success\"}"}"#.utf8),
                    receivedAt: FollowedDirectory.time(0), remoteAddress: "", contentType: type))
        }
        let program = try installation.start("follow", "--once", "--from", "start", "--forward", endpoint.url)
        #expect(try program.ending().status == 0, "\(program.errors)")
        #expect(endpoint.received.sorted { $0.position < $1.position }.map { $0.headers["content-type"] } == types)
    }

    @Test("lets no id write a header of its own")
    func header() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        _ = store(installation, #"{"refid":"a\r\nX-Evil: 1\u0000%é","message":"{\"status\":\"Success\"}"}"#)
        let program = try installation.start("follow", "--once", "--from", "start", "--forward", endpoint.url)
        #expect(try program.ending().status == 0, "\(program.errors)")
        #expect(endpoint.trxids == ["a%0D%0AX-Evil: 1%00%25%C3%A9"])
        #expect(endpoint.received.first?.headers["x-evil"] == nil)
    }

    @Test("tells what set or confirmed the status, and with --all the rest too", arguments: [false, true])
    func late(all: Bool) throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint()
        installation.store("a", "Pending")
        installation.store("a", "Success")
        installation.store("a", "Proses")
        installation.store("a", "Success")
        let flags = all ? ["--all"] : []
        let program = try installation.start(
            ["follow", "--once", "--from", "start", "--forward", endpoint.url] + flags)
        #expect(try program.ending().status == 0, "\(program.errors)")
        #expect(endpoint.received.map(\.position) == (all ? [1, 2, 3, 4] : [1, 2]))
    }

    /// Runs the telling in this process, with time-outs that a test can wait for, until there is nothing to tell for a
    /// while.
    private func tell(
        _ installation: FollowedDirectory, _ url: String, timeout: Int64 = 2_000, idle: Int64 = 2_500
    ) throws {
        let source = try #require(try FollowSource(path: installation.data, cursor: "shop", from: .start))
        let wakeup = try FollowWakeup(path: installation.data)
        let teller = ForwardTeller(try ForwardURL(url, called: "URL"), version: "0.0", timeout: timeout)
        let telling = try #require(
            try ShopTelling(source, wakeup, teller, parallel: 4, .init(untilIdle: idle)))
        #expect(try telling.run() == 0)
        source.release()
    }

    @Test(
        "is told again after any other answer, and after none, while others go on",
        arguments: [
            .status(500, bodyLength: 10), .status(404), .status(302, headers: ["Location: /elsewhere"]), .silence,
            .trickle, .reset,
            .status(503, headers: ["Retry-After: 1"]), .status(429), .status(500, bodyLength: 10 << 20), .status(199),
            .bytes("no HTTP\r\n\r\n"), .bytes("HTTP/1.1 200 OK\r\nContent-Le"),
            .bytes("HTTP/1.1 500 X\r\nMARK 1 200 0\r\nHTTP/1.1 200 OK\r\n\r\n"),
        ] as [Endpoint.Answer])
    func misbehaves(answer: Endpoint.Answer) throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { request, earlier in
            request.trxid == "bad" && earlier == 0 ? answer : .status(200, bodyLength: 3)
        }
        installation.store("bad", "Pending")
        installation.store("bad")
        for number in 0..<10 { installation.store("n\(number)") }
        try tell(installation, endpoint.url, timeout: 1_000)
        let received = endpoint.received
        #expect(received.filter { $0.trxid == "bad" }.map(\.position) == [1, 1, 2])
        #expect(received.filter { $0.trxid != "bad" }.map(\.position).sorted() == Array(3...12))
        // The others did not wait for its second try.
        #expect(received.suffix(2).map(\.trxid) == ["bad", "bad"])
        #expect(received.allSatisfy { $0.line.hasPrefix("POST /khoins") })
        let report = try #require(try CursorReader(path: installation.data).reports().first)
        #expect(report.waiting.isEmpty && report.entriesBehind == 0 && !report.isInUse)
    }

    @Test("tells nothing to a shop whose certificate nobody vouches for, and says so", .needs("openssl"))
    func certificate() throws {
        let installation = try FollowedDirectory()
        for number in 0..<3 { installation.store("n\(number)") }
        let port = try LoopbackPort.next()
        let server = try installation.shell(
            """
            set -e
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
                -addext subjectAltName=DNS:localhost -keyout key -out certificate 2>/dev/null
            exec openssl s_server -accept 127.0.0.1:\(port) -key key -cert certificate -www -quiet >requests 2>&1
            """)
        defer { server.stop() }
        try wait(for: "the server") { (try? StreamSocket(connectingTo: .tcp(port))) != nil || !server.isRunning }
        let url = "https://localhost:\(port)/khoins"
        let program = try installation.start("follow", "--once", "--from", "start", "--forward", url)
        #expect(try program.ending().status == 1)
        #expect(program.errors.contains("certificate"), "\(program.errors)")
        let report = try #require(try CursorReader(path: installation.data).reports().first)
        #expect(report.backlog == 3 && report.waiting.allSatisfy { $0.answer?.contains("certificate") ?? true })
        // Vouched for, it is told.
        let vouched = try installation.start(
            ["follow", "--once", "--from", "start", "--forward", url],
            environment: ["CURL_CA_BUNDLE": installation.scratch.file("certificate")])
        _ = try vouched.ending()
        #expect(!vouched.errors.contains("certificate"), "\(vouched.errors)")
    }

    @Test("says so where curl is too old to know what it is told")
    func oldCurl() throws {
        let installation = try FollowedDirectory()
        installation.store("a")
        try installation.scratch.makeDirectory("logs")
        try installation.scratch.writeProgram("#!/bin/sh\nexit 2\n", to: "curl")
        let told = try installation.start(
            ["follow", "--forward", "http://127.0.0.1:1/", "--once"],
            environment: ["PATH": "\(installation.scratch.path):/usr/bin:/bin"]
        ).ending()
        #expect(told.status == 1 && told.errors.contains("curl ended with 2; it must be 7.52 or newer"), "\(told)")
    }

    @Test("takes an answer of 2xx, however long it is")
    func long() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { _, _ in .status(200, bodyLength: 10 << 20) }
        for number in 0..<5 { installation.store("n\(number)") }
        try tell(installation, endpoint.url, idle: 300)
        #expect(endpoint.trxids.sorted() == (0..<5).map { "n\($0)" })
    }

    @Test("gives up what the shop answers 410 to, and goes on with that trxid")
    func gone() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { request, _ in .status(request.position == 1 ? 410 : 200) }
        installation.store("a", "Pending")
        installation.store("a")
        let program = try installation.start("follow", "--once", "--from", "start", "--forward", endpoint.url)
        #expect(try program.ending().status == 0)
        #expect(program.errors == "khoins-callback: the shop, told of a, answered 410: not told again\n")
        #expect(endpoint.received.map(\.position) == [1, 2])
    }

    @Test("waits for as long as the shop has asked, and no run comes before")
    func asked() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { _, _ in .status(503, headers: ["Retry-After: 3000"]) }
        installation.store("a")
        for _ in 0..<2 {
            let program = try installation.start("follow", "--once", "--from", "start", "--forward", endpoint.url)
            #expect(try program.ending().status == 1)
        }
        #expect(endpoint.received.count == 1)
        let line = try #require(try CursorReader(path: installation.data).reports().first?.waiting.first)
        #expect(line.answer == "answered 503" && line.tries == 1)
        #expect((2_900_000_000...3_100_000_000).contains(line.next.microseconds - line.since.microseconds))
    }

    @Test("goes on at once when a shop that could not be asked can be again, and loses nothing")
    func absent() throws {
        let installation = try FollowedDirectory()
        let (port, url): (UInt16, String)
        do {
            let free = try LoopbackSocket()
            (port, url) = (free.port, "http://127.0.0.1:\(free.port)/")
        }
        for number in 0..<20 { installation.store("n\(number)") }
        let program = try installation.start("follow", "--from", "start", "--forward", url)
        try wait(for: "a word") { program.errors.contains("could not be asked: nobody listens there") }
        let listening = try StreamSocket(listeningOn: .tcp(port))
        // One that answers all on this port.
        try Thread.start {
            while case let client = accept(listening.descriptor, nil, nil), client >= 0 {
                var block = [UInt8](repeating: 0, count: 65_536)
                while recv(client, &block, block.count, 0) > 0 {
                    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                    _ = answer.withCString { send(client, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
                }
                close(client)
            }
        }
        try wait(for: "the rest") {
            let report = try CursorReader(path: installation.data).reports().first
            return report?.cursor?.readUpTo == Position(21) && report?.waiting.isEmpty == true
                && report?.entriesBehind == 0
        }
        #expect(program.errors.contains("khoins-callback: the shop answers again\n"))
        #expect(program.errors.split(separator: "\n").count == 2, "\(program.errors)")
        program.signal(SIGTERM)
        #expect(try program.ending().status == 0)
        shutdown(listening.descriptor, Int32(SHUT_RDWR))
    }

    @Test("shows its URL to nobody")
    func secret() throws {
        let installation = try FollowedDirectory()
        let endpoint = try Endpoint { _, _ in .silence }
        installation.store("a")
        let program = try installation.start(
            ["follow", "--tell"], environment: ["KHOINS_FORWARD": endpoint.url])
        try wait(for: "request") { endpoint.received.count == 1 }
        for process in try processes() {
            #expect(!process.contains(endpoint.url))
        }
        program.signal(SIGKILL)
        #expect(try program.ending().status == 137)
        #expect(!program.errors.contains("kunci"))
    }

    /// The arguments of all processes of this machine.
    private func processes() throws -> [String] {
        let proc = try #require(opendir("/proc"))
        defer { closedir(proc) }
        var lines: [String] = []
        while let entry = readdir(proc) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard Int(name) != nil, let file = fopen("/proc/\(name)/cmdline", "r") else { continue }
            defer { fclose(file) }
            var block = [UInt8](repeating: 0, count: 4_096)
            let count = fread(&block, 1, block.count, file)
            lines.append(String(decoding: block[..<count], as: UTF8.self))
        }
        return lines
    }

    @Test("tells everything at least once, in order for each trxid, when it is killed at any moment")
    func killed() throws {
        let installation = try FollowedDirectory()
        // Some fail once, some are slow.
        let endpoint = try Endpoint { request, earlier in
            if request.position % 11 == 0, earlier % 2 == 0 { return .status(500) }
            return .status(200)
        }
        var number = 0
        for _ in 0..<8 {
            let program = try installation.start("follow", "--from", "start", "--forward", endpoint.url)
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(Int.random(in: 50...600)) {
                installation.store("n\(number % 5)", "Success", at: number)
                installation.store("n\(number % 5)", number % 2 == 0 ? "Gagal" : "Refund", at: number)
                installation.store("m\(number)")
                number += 1
                if number % 40 == 0 { try installation.beginJournalFile() }
            }
            program.signal(SIGKILL)
            #expect(try program.ending().status == 137)
        }
        let last = try installation.start("follow", "--from", "start", "--forward", endpoint.url)
        let changes = try installation.changes().filter(\.setsStatus)
        let wanted = Set(changes.map(\.position.number))
        try wait(for: "the rest") {
            let report = try CursorReader(path: installation.data).reports().first
            return report?.entriesBehind == 0 && report?.waiting.isEmpty == true
                && wanted.isSubset(of: Set(endpoint.received.map(\.position)))
        }
        last.signal(SIGTERM)
        #expect(try last.ending().status == 0)
        #expect(Set(endpoint.received.map(\.position)) == wanted)
        // In order: whatever comes for the first time, all before it of the same trxid had come by then.
        for (trxid, entries) in Dictionary(grouping: changes, by: { $0.record.callback.trxid ?? "" }) {
            var seen: [Int] = []
            for position in endpoint.received.filter({ $0.trxid == trxid }).map(\.position)
            where !seen.contains(position) {
                seen.append(position)
            }
            #expect(seen == entries.map(\.position.number), "\(trxid)")
        }
    }
}
