#if Cluster
    import Formats
    import Foundation
    import Glibc
    import Ledger
    import System
    import TestSupport
    import Testing

    @Suite("Three servers, each with an etcd", .serialized, .needs("etcd", "curl"))
    struct ServersTests {
        private func post(_ trxid: String, _ status: String = "Success", to door: FastCGIDoor) throws -> Reply {
            try door.send(Request(posting: callbackBody(trxid, status)))
        }

        @Test("hold the same bytes after one of them was killed, and has come back")
        func killed() throws {
            let group = try ServerGroup()
            // What was there before the cluster stays.
            #expect(try group.run("a", "cluster", "status").status == 2)
            try group.begin()
            for (index, name) in ServerGroup.names.enumerated() {
                let reply = try post("first-\(index)", to: group.door(name))
                #expect(reply.status == 200 && reply.json?["result"] == "created")
            }
            #expect(try group.door("b").send(Request(posting: "no callback")).status == 400)
            try group.waitUntilEqual(count: 4)
            #expect(try post("first-0", to: group.door("c")).json?["result"] == "duplicate")
            // A server and its etcd die.
            try group.stop("c", SIGKILL)
            group.killEtcd("c")
            for index in 0..<40 {
                let door = group.door(index % 2 == 0 ? "a" : "b")
                // An election can take a moment: whoever gets a 503 asks again.
                try wait(for: "answer") { try post("second-\(index)", to: door).status == 200 }
            }
            try group.waitUntilEqual(["a", "b"], count: 44)
            try group.startEtcd("c")
            try group.serve("c")
            try group.waitUntilEqual(count: 44)
            #expect(try post("first-1", "Refund", to: group.door("c")).json?["result"] == "updated")
            try wait(for: "the refund") {
                try group.data("a").json("transactions/first-1.json")["status"] == "Refund"
            }
            let status = try group.run("b", "cluster", "status", "--json")
            #expect(status.status == 0 && status.output.contains(#""name":"c","standing":"active""#), "\(status)")
            #expect(try group.run("b", "check").output.contains("a, b, c; this is b"))
            // So do the figures, asked of the program and of the server.
            let figures = try group.run("b", "status", "--json")
            // The rejected delivery and the refund are to be looked at; no server is.
            #expect(figures.status == 1 && figures.output.contains(#""cluster":"x","member":"b""#), "\(figures.output)")
            #expect(!figures.output.contains("needsLook"), "\(figures.output)")
            let metrics = try group.door("b").send(Request("GET", "/laporan/khoins/metrics?token=\(secretToken)"))
            for line in ["khoins_cluster_up 1", "khoins_cluster_member_well{member=\"c\"} 1"] {
                #expect(metrics.text.contains(line), "\(metrics.text)")
            }
            for name in ServerGroup.names {
                #expect(try group.stop(name) == 0)
                #expect(try group.data(name).findings() == [])
                #expect(try group.run(name, "verify").status == 0)
            }
        }

        @Test("answer 503 without a majority, and go on when there is one; nothing is doubled")
        func minority() throws {
            let group = try ServerGroup()
            try group.begin()
            #expect(try post("1", to: group.door("a")).status == 200)
            group.killEtcd("b")
            group.killEtcd("c")
            #expect(try post("2", to: group.door("a")).status == 503)
            try wait(for: "an unhealthy answer") { try group.door("a").send(Request("GET")).status == 503 }
            try group.startEtcd("b")
            try group.startEtcd("c")
            for name in ServerGroup.names { try group.door(name).waitUntilHealthy() }
            #expect(try post("2", to: group.door("b")).status == 200)
            try group.waitUntilEqual(count: 2)
            let deliveries = try group.data("c").json("transactions/2.json")["deliveries"]?.array
            #expect(deliveries?.count == 1)
        }

        @Test("leave nothing in etcd that all of them have, however busy they are")
        func retention() throws {
            let group = try ServerGroup()
            try group.begin()
            try group.stop("c")
            #expect(try post("first", to: group.door("a")).status == 200)
            #expect(try group.hasBatch(1, of: "a"))
            // One of these always waits for an answer of each server.
            let (isOver, ended) = (Locked(false), Semaphore())
            let doors = ["a", "b"].map { group.door($0) }
            for index in 0..<6 {
                try Thread.start {
                    var count = 0
                    while !isOver.withLock({ $0 }) {
                        count += 1
                        _ = try? post("\(index)-\(count)", to: doors[index % doors.count])
                    }
                    ended.post()
                }
            }
            defer {
                isOver.withLock { $0 = true }
                for _ in 0..<6 { ended.wait() }
            }
            try group.serve("c")
            try wait(for: "the first batch to go") { try !group.hasBatch(1, of: "a") }
        }

        @Test("take what is expected and imported through serve, and name where it is not there")
        func handedOver() throws {
            let group = try ServerGroup()
            try group.begin()
            let noted = try group.run("a", "expect", "KH-1", "--json")
            #expect(noted.status == 0 && noted.output.contains(#""result":"created""#), "\(noted)")
            let bodies = (0..<300).map { String(decoding: callbackBody("i\($0)"), as: UTF8.self) } + ["no callback"]
            var imported = try group.command("b", ["import", "-", "--json"])
            imported.input = Array(bodies.joined(separator: "\n").utf8)
            for (key, count) in [("created", 300), ("duplicate", 300)] {
                let ending = try ChildProcess.run(imported)
                #expect(ending.status == 1 && ending.output.contains(#""\#(key)":\#(count)"#), "\(ending)")
            }
            try group.waitUntilEqual(count: 301)
            #expect(try group.data("c").json("transactions/KH-1.json")["status"] == "Pending")
            let socket = "\(group.path("a"))/journal/.handover"
            var status = stat()
            #expect(stat(socket, &status) == 0 && status.st_mode & 0o777 == 0o600)
            try group.stop("a")
            #expect(access(socket, F_OK) != 0)
            let ending = try group.run("a", "expect", "KH-2")
            #expect(ending.status == 2 && ending.errors.contains("serve` stores it"), "\(ending)")
        }

        @Test("take callbacks from serve alone, and name what refuses others")
        func refused() throws {
            let group = try ServerGroup()
            try group.begin()
            var cgi = try group.command("a", [])
            cgi.environment.merge(Request(posting: callbackBody("1")).variables) { $1 }
            cgi.input = callbackBody("1")
            for url in [group.url("a"), nil] {
                cgi.environment["KHOINS_CLUSTER"] = url
                let answer = try ChildProcess.run(cgi)
                #expect(try Reply(cgi: answer.bytes).status == 500)
                #expect(answer.errors.contains("serve"))
            }
            #expect(try group.records("a").isEmpty)
        }

        @Test("tell the shop from one server, and from the next one when that dies, from where it stopped")
        func follow() throws {
            let group = try ServerGroup()
            try group.begin()
            func follower(_ name: String) throws -> ChildProcess {
                let file = group.scratch.file("told-\(name)")
                return try ChildProcess(
                    group.command(name, ["follow", "--exec", "echo $KHOINS_TRXID $KHOINS_POSITION >> \(file)"]))
            }
            func told(_ name: String) -> [String] {
                let bytes = FileManager.default.contents(atPath: group.scratch.file("told-\(name)")) ?? Data()
                return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            }
            let first = try follower("a")
            #expect(try post("1", to: group.door("b")).status == 200)
            try wait(for: "the first") { told("a") == ["1 1"] }
            let second = try follower("b")
            try wait(for: "its turn") { second.errors.contains("a tells the shop; this server waits for its turn") }
            #expect(try post("2", to: group.door("c")).status == 200)
            try wait(for: "the second") { told("a") == ["1 1", "2 2"] }
            // Longer than from one renewal to the next.
            usleep(4_000_000)
            first.signal(SIGKILL)
            try first.ending()
            #expect(try post("3", to: group.door("c")).status == 200)
            try wait(for: "the third") { told("b") == ["3 3"] }
            // What ends in order lets another go on at once.
            second.signal(SIGTERM)
            #expect(try second.ending().status == 0)
            let third = try follower("a")
            #expect(try post("4", to: group.door("c")).status == 200)
            try wait(for: "the fourth") { told("a") == ["1 1", "2 2", "4 4"] }
            third.stop()
        }

        @Test("let the newer of two processes of one name work, and the older one stop")
        func twoLives() throws {
            let group = try ServerGroup()
            try group.begin()
            let command = try group.command("b", ["serve", "--listen", "unix:\(group.scratch.file("other.sock"))"])
            let other = try ChildProcess(command)
            let door = FastCGIDoor(address: .unix(group.scratch.file("other.sock")))
            try door.waitUntilHealthy()
            #expect(try post("1", to: door).status == 200)
            #expect(try post("2", to: group.door("b")).status == 503)
            #expect(try group.door("b").send(Request("GET")).status == 503)
            #expect(group.log("b").contains("another process has begun to work as b"))
            try group.waitUntilEqual(count: 1)
            other.stop()
        }

        @Test("let one leave, which is alone then, and forget it; seed one that has lost its disk")
        func life() throws {
            let group = try ServerGroup()
            try group.begin()
            #expect(try post("1", to: group.door("c")).status == 200)
            try group.waitUntilEqual(count: 1)
            try group.stop("c")
            try group.check(group.run("c", "cluster", "leave"))
            try group.check(group.run("c", "expect", "KH-1"))
            try wait(for: "c to be forgotten") { try group.run("a", "cluster", "forget", "c").status == 0 }
            // The disk of b is lost.
            try group.stop("b", SIGKILL)
            _ = try ChildProcess.run(Command("rm", "-rf", group.path("b")))
            #expect(try post("2", to: group.door("a")).status == 200)
            try group.check(
                group.run("b", "cluster", "seed", "--name", "b", "--copy", group.copyCommand(from: "a")))
            #expect(try post("3", to: group.door("a")).status == 200)
            try group.serve("b")
            #expect(try post("4", to: group.door("b")).status == 200)
            try group.waitUntilEqual(["a", "b"], count: 4)
        }
    }
#endif
