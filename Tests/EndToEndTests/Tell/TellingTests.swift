import Foundation
import Glibc
import TestSupport
import Testing

/// The way of a callback into a shop that has an endpoint of its own, in PHP.
@Suite("The shop's own endpoint", .needs("php", "curl"))
struct TellingTests {
    /// Those in which the handler starts the follower itself, and one in which a service runs it.
    static let ways = WayIn.testable([.nginxUnix, .apacheCgid, .apacheFcgid, .spawnFCGI, .lighttpd, .cgi])

    /// Notes what comes: position, trxid, key, type, and a digest of the body.
    private static let script = """
        <?php
        $body = file_get_contents('php://input');
        file_put_contents(__DIR__ . '/told', implode('|', [
            $_SERVER['HTTP_X_KHOINS_POSITION'] ?? '', $_SERVER['HTTP_X_KHOINS_TRXID'] ?? '',
            $_SERVER['HTTP_X_KHOINS_STATUS'] ?? '', $_SERVER['HTTP_IDEMPOTENCY_KEY'] ?? '',
            $_SERVER['CONTENT_TYPE'] ?? '', $_GET['kunci'] ?? '', base64_encode($body),
        ]) . "\\n", FILE_APPEND);
        http_response_code(204);
        """

    private struct Told: Equatable {
        var position: Int
        var trxid: String
        var status: String
        var type: String
        var body: String
    }

    private func told(_ scratch: Scratch) throws -> [Told] {
        try scratch.text("home/shop/told").split(separator: "\n").map { line in
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            try #require(fields.count == 7 && fields[0] == fields[3] && fields[5] == "rahasia", "\(line)")
            let body = Data(base64Encoded: fields[6]).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return Told(
                position: Int(fields[0]) ?? 0, trxid: fields[1], status: fields[2], type: fields[4], body: body)
        }
    }

    private func installation(_ settings: String, port: UInt16) throws -> Installation {
        let installation = try Installation.prepared(
            settings: "KHOINS_FORWARD=http://127.0.0.1:\(port)/khoins.php?kunci=rahasia\n\(settings)")
        try installation.scratch.makeDirectory("home/shop")
        ServerUser.own(installation.scratch.file("home/shop"))
        try installation.scratch.write(Self.script, to: "home/shop/khoins.php")
        return installation
    }

    private func startShop(_ installation: Installation, port: UInt16) throws {
        let folder = installation.scratch.file("home/shop")
        let process = try installation.start(
            "shop", Command("/usr/bin/php", "-S", "127.0.0.1:\(port)", "-t", folder).asServerUser)
        try wait(for: "the shop") { (try? StreamSocket(connectingTo: .tcp(port))) != nil || !process.isRunning }
    }

    @Test(
        "is told of all that came while it was down, in order for each trxid, whoever starts the follower",
        arguments: ways)
    func downAndUp(way: WayIn) throws {
        let port = try LoopbackPort.next()
        let installation = try installation("", port: port)
        let scratch = installation.scratch
        defer { Followers.end(in: scratch) }
        try way.start(in: installation)
        try installation.waitUntilHealthy()
        if way == .nginxUnix {
            var command = Command(scratch.executable, "follow", "--tell").asServerUser
            command.environment = ["KHOINS_SETTINGS": scratch.file("etc/khoins-callback.env")]
            try installation.start("follow", command)
            // A cursor that is made now begins before the first callback.
            try wait(for: "cursor") { scratch.exists("home/data/.cursors/shop.json") }
        }
        var bodies: [String] = []
        for status in ["Proses", "Success", "Refund"] {
            for number in 1...3 {
                let body = Body.short("KH-\(number)", status: status, text: "nomor \(number) 😀")
                bodies.append(body)
                #expect(try installation.door.send(Request(posting: body)).status == 200)
            }
        }
        #expect(try told(scratch) == [])
        try startShop(installation, port: port)
        // Where nobody runs any more it takes the next callback.
        let last = Body.t3
        bodies.append(last)
        #expect(try installation.door.send(Request(posting: last)).status == 200)
        try wait(for: "the shop to be told of all of them\n\(scratch.logs)") {
            Set(try told(scratch).map(\.position)).isSuperset(of: 1...bodies.count)
        }
        var firstTimes: [String: [Int]] = [:]
        for telling in try told(scratch) {
            #expect(telling.body == bodies[telling.position - 1])
            #expect(telling.type == "application/json")
            if firstTimes[telling.trxid]?.contains(telling.position) != true {
                firstTimes[telling.trxid, default: []].append(telling.position)
            }
        }
        #expect(firstTimes == ["KH-1": [1, 4, 7], "KH-2": [2, 5, 8], "KH-3": [3, 6, 9], "KH-9001": [10]])
        #expect(try told(scratch).last { $0.position == 10 }?.status == "Success")
    }

    @Test("gets the Content-Type that KHOINS sent")
    func contentType() throws {
        let port = try LoopbackPort.next()
        let installation = try installation("", port: port)
        let scratch = installation.scratch
        defer { Followers.end(in: scratch) }
        try WayIn.cgi.start(in: installation)
        try startShop(installation, port: port)
        let types = ["text/plain; charset=utf-8", "application/x-www-form-urlencoded", "application/json"]
        for (number, type) in types.enumerated() {
            var request = Request(posting: Body.short("KH-\(number)"))
            request.wrongVariables["CONTENT_TYPE"] = type
            #expect(try installation.door.send(request).status == 200)
        }
        try wait(for: "the shop to be told") { try told(scratch).count >= types.count }
        let inOrder = try told(scratch).sorted { $0.position < $1.position }
        #expect(inOrder.map(\.type) == types)
    }

    @Test(
        "is left to a service or cron where that looks after it",
        arguments: WayIn.testable([.cgi, .spawnFCGI]).map { ($0, "KHOINS_FOLLOW=off\n") } + [(.passedSocket, "")])
    func leftToOthers(way: WayIn, settings: String) throws {
        let port = try LoopbackPort.next()
        let installation = try installation(settings, port: port)
        let scratch = installation.scratch
        defer { Followers.end(in: scratch) }
        try way.start(in: installation)
        if way != .cgi { try installation.waitUntilHealthy() }
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 200)
        installation.stop()
        #expect(Followers.all(in: scratch) == [])
        #expect(!scratch.exists("home/data/.cursors"))
    }

    /// What proc(5) says of a process behind its name: its state, its parent and so on.
    private func words(of process: pid_t) throws -> [Substring] {
        try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            .split(separator: ")").last?.split(separator: " ") ?? []
    }

    @Test(
        "is told by one follower, and no answer waits for it", arguments: WayIn.testable([.apacheCgid, .apacheFcgid]))
    func one(way: WayIn) throws {
        let port = try LoopbackPort.next()
        let installation = try installation("", port: port)
        let scratch = installation.scratch
        defer { Followers.end(in: scratch) }
        try way.start(in: installation)
        try installation.waitUntilHealthy()
        for number in 0..<20 {
            #expect(try installation.door.send(Request(posting: Body.short("KH-\(number)"))).status == 200)
        }
        // It is no part of the web server any more: it leads a session, steps back, and has nothing of that one's open. One
        // that finds another at work ends at once.
        try wait(for: "one follower, which is on its own") {
            let followers = Followers.all(in: scratch)
            guard followers.count == 1, let words = try? words(of: followers[0]) else { return false }
            let links = (0...2).map {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(followers[0])/fd/\($0)")
            }
            let leadsSession = words[3] == "\(followers[0])"
            return leadsSession && words[16] == "10" && links == Array(repeating: "/dev/null", count: 3)
        }
    }
}

/// The followers that handlers have started in a test: nobody else ends them.
enum Followers {
    static func all(in scratch: Scratch) -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter { id in
            guard let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return false }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasPrefix("\(scratch.path)/") == true && words.contains("--until-idle")
        }
    }

    static func end(in scratch: Scratch) {
        for id in all(in: scratch) { kill(id, SIGTERM) }
        try? wait(for: "the followers' end", seconds: 20) { all(in: scratch).isEmpty }
    }
}
