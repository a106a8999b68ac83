import Foundation
import Glibc
import System
import TestSupport
import Testing

/// Handler, follower, and the shop's PHP behind an nginx of its own, each of them killed at random moments.
@Suite("The shop, whoever is killed", .needs("php", "curl", "nginx"), .serialized)
struct TellingKillTests {
    /// Notes what comes, and then takes it: what it dies with comes again.
    private static let script = """
        <?php
        $line = $_SERVER['HTTP_X_KHOINS_POSITION'] . ' ' . $_SERVER['HTTP_X_KHOINS_TRXID'] . ' '
            . md5(file_get_contents('php://input')) . "\\n";
        file_put_contents(__DIR__ . '/told', $line, FILE_APPEND | LOCK_EX);
        http_response_code(204);
        """

    private static let isLong = getenv("KHOINS_TEST_FAULTS") != nil
    private static let ways = WayIn.testable([.apacheCgid, .apacheFcgid, .nginxUnix])
    private static let clients = 3

    /// Commands of the program that run in a test: those that follow, or the others.
    private func processes(_ scratch: Scratch, follow: Bool) -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }.filter { id in
            guard let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") else { return false }
            let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return words.first?.hasPrefix(scratch.executable) == true && words.contains("follow") == follow
        }
    }

    /// nginx before PHP, on a port of its own.
    private func startFront(_ installation: Installation, shop: UInt16, php: UInt16) throws {
        let scratch = installation.scratch
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(scratch.file("run/shop-\($0)"));"
        }
        let configuration = try scratch.write(
            """
            daemon off;
            pid \(scratch.file("run/shop.pid"));
            error_log \(scratch.file("logs/shop-nginx.log"));
            events {}
            http {
                access_log off;
                \(temporary.joined(separator: "\n"))
                server {
                    listen 127.0.0.1:\(shop);
                    location / { proxy_pass http://127.0.0.1:\(php); }
                }
            }
            """, to: "etc/shop.conf")
        let nginx = try installation.start(
            "shop's nginx",
            Command(try ServerProgram.path("nginx"), "-e", scratch.file("logs/shop-start.log"), "-c", configuration))
        try wait(for: "the shop's nginx") { (try? StreamSocket(connectingTo: .tcp(shop))) != nil || !nginx.isRunning }
    }

    private func startPHP(_ installation: Installation, port: UInt16) throws -> ChildProcess {
        let folder = installation.scratch.file("home/shop")
        return try ChildProcess(
            Command("/usr/bin/php", "-S", "127.0.0.1:\(port)", "-t", folder).asServerUser, in: installation.scratch,
            name: "php")
    }

    /// Handler and follower as systemd has them, behind nginx: whoever ends is started again.
    private func startServices(_ installation: Installation) throws {
        let scratch = installation.scratch
        let socket = Address.unix(scratch.file("run/handler.sock"))
        for (name, command) in [
            ("handler", try installation.serveCommand(on: socket)),
            ("follower", scratch.command(["follow", "--tell"])),
        ] {
            let loop = "until [ -e '\(scratch.file("run/enough"))' ]; do \"$@\"; sleep 0.1; done"
            _ = try installation.start(name, command.behind(["/bin/sh", "-c", loop, "sh"]))
        }
        try installation.nginx(handler: socket)
    }

    private func endServices(_ scratch: Scratch) {
        _ = try? scratch.write("", to: "run/enough")
        for follow in [true, false] { for id in processes(scratch, follow: follow) { kill(id, SIGTERM) } }
    }

    /// What was told, by the first time of each entry: position, trxid, digest of the body.
    private func told(_ scratch: Scratch) throws -> [(position: Int, trxid: String, digest: String)] {
        var known: Set<Int> = []
        return scratch.text("home/shop/told").split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 3, let position = Int(words[0]), known.insert(position).inserted else { return nil }
            return (position, words[1], words[2])
        }
    }

    @Test("is told of each delivery at least once, in order for each trxid", arguments: ways)
    func killed(way: WayIn) throws {
        let (shop, php) = (try LoopbackPort.next(), try LoopbackPort.next())
        let installation = try Installation.prepared(
            settings: "KHOINS_FORWARD=http://127.0.0.1:\(shop)/khoins.php\n")
        let scratch = installation.scratch
        defer { Followers.end(in: scratch) }
        try scratch.makeDirectory("home/shop")
        ServerUser.own(scratch.file("home/shop"))
        try scratch.write(Self.script, to: "home/shop/khoins.php")
        try startFront(installation, shop: shop, php: php)
        var endpoint = try startPHP(installation, port: php)
        defer { endpoint.signal(SIGKILL) }
        if way == .nginxUnix { try startServices(installation) } else { try way.start(in: installation) }
        defer { endServices(scratch) }
        try installation.waitUntilHealthy()
        let door = try #require(installation.door as? HTTPDoor)

        let (acknowledged, isOver) = (Locked<Set<String>>([]), Locked(false))
        let finished = DispatchSemaphore(value: 0)
        for client in 0..<Self.clients {
            Thread.detachNewThread {
                var number = client
                while !isOver.withLock({ $0 }) {
                    let status = ["Success", "Gagal", "Refund"][number / Self.clients % 3]
                    let body = Body.short("KH-\(number % 7)", status: status, text: "nomor \(number)")
                    let answer = try? door.send(Request(posting: body))
                    if answer?.status == 200 { acknowledged.withLock { _ = $0.insert(body) } }
                    number += Self.clients
                }
                finished.signal()
            }
        }
        var kills = 0
        let end = ContinuousClock.now + .seconds(Self.isLong ? 60 : 6)
        while ContinuousClock.now < end {
            usleep(UInt32.random(in: 0...200_000))
            switch Int.random(in: 0..<4) {
            case 0, 1:
                for id in processes(scratch, follow: true) where kill(id, SIGKILL) == 0 { kills += 1 }
            case 2:
                for id in processes(scratch, follow: false) where kill(id, SIGKILL) == 0 { kills += 1 }
            default:
                endpoint.signal(SIGKILL)
                _ = try endpoint.ending()
                kills += 1
                endpoint = try startPHP(installation, port: php)
            }
        }
        isOver.withLock { $0 = true }
        for _ in 0..<Self.clients { finished.wait() }
        #expect(kills > 10 && acknowledged.withLock { $0.count } > 20)
        // What waits for a later try goes on with the next callback.
        var number = 0
        var wanted: [Int: (trxid: String, body: String)] = [:]
        try wait(for: "the shop to be told of all of them\n\(scratch.logs)", seconds: 120) {
            number += 1
            let body = Body.short("KH-last", text: "nomor \(number)")
            if (try? door.send(Request(posting: body)))?.status == 200 { acknowledged.withLock { _ = $0.insert(body) } }
            wanted = try entries(scratch)
            let positions = Set(try told(scratch).map(\.position))
            usleep(200_000)
            return Set(wanted.keys).subtracting(positions).allSatisfy { wanted[$0]?.trxid == "KH-last" }
        }
        #expect(acknowledged.withLock { $0 }.isSubset(of: Set(wanted.values.map(\.body))))
        for trxid in Set(wanted.values.map(\.trxid)) {
            let positions = try told(scratch).filter { $0.trxid == trxid }.map(\.position)
            #expect(positions == positions.sorted(), "\(trxid)")
        }
    }

    /// The journal's deliveries, as its files have them.
    private func entries(_ scratch: Scratch) throws -> [Int: (trxid: String, body: String)] {
        var entries: [Int: (trxid: String, body: String)] = [:]
        let folder = scratch.file("home/data/journal")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where name.hasSuffix(".jsonl")
        {
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            for line in text.split(separator: "\n") {
                guard let entry = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                    let number = entry["n"] as? Int, let body = entry["body"] as? String,
                    let envelope = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]
                else { continue }
                entries[number] = (envelope["refid"] as? String ?? "", body)
            }
        }
        return entries
    }
}
