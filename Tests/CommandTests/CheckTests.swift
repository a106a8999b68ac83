import FastCGI
import Gateway
import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Ledger
@testable import Operations
@testable import khoins_callback

@Suite("check")
struct CheckTests {
    private let scratch: Scratch
    private var program: Program
    private static let token = "4f1d2c9e7b6a5083c1d2e3f4a5b6c7d8"

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
        program.environment["KHOINS_TOKEN"] = Self.token
    }

    /// What was said of each subject, after its verdict.
    private func results(_ arguments: String...) throws -> (status: Int32, [String: String]) {
        let ending = try program.start(["check", "--json"] + arguments).ending()
        #expect(!ending.output.contains(Self.token))
        var results: [String: String] = [:]
        for line in ending.output.split(separator: "\n") {
            let value = try JSONParser.parse(Array(line.utf8))
            results[value["check"]?.string ?? ""] =
                "\(value["result"]?.string ?? ""): \(value["detail"]?.string ?? "")"
        }
        return (ending.status, results)
    }

    @Test("finds nothing wrong where nothing is, and changes no file")
    func fine() throws {
        // What it stores for a moment shows in the time of the journal's directory alone.
        func files() throws -> [String: String] { try scratch.snapshot().filter { $0.key != "journal" } }
        try scratch.storeDay()
        let before = try files()
        let ending = try program.run("check")
        #expect(ending.status == 0 && ending.errors == "")
        let lines = ending.output.split(separator: "\n")
        #expect(lines.count == 12)
        #expect(
            ending.output.contains(
                "  rejected        1 rejected delivery, of 2026-11-22 15:07:00 WIB: `khoins-callback list --kind rejected`\n"
            ))
        // How wide the first column is depends on whether the rejected one has come of late.
        #expect(lines.first?.contains(/^ok +settings        complete$/) == true)
        #expect(lines.dropFirst().first?.contains(/^ok +access          by one token$/) == true)
        #expect(lines[10].contains(/^- +socket          not asked; KHOINS_LISTEN or --listen says where it is$/))
        #expect(lines[11].contains(/^- +url             not asked; KHOINS_URL or --url says what KHOINS calls$/))
        #expect(try files() == before)
    }

    @Test("exits with 1 where callbacks would fail")
    func bad() throws {
        // Who is not root can make it.
        let (status, missing) = try results()
        #expect((status == 1) == ServerUser.isRoot)
        #expect(
            missing["data directory"]?.hasPrefix("bad: \(scratch.data.path) is not there: make it, owned by the user")
                == ServerUser.isRoot)
        var program = program
        program.environment = [:]
        let nothing = try program.run("check")
        #expect(nothing.status == 1)
        #expect(nothing.output.hasPrefix("bad  settings  no data directory: set KHOINS_DATA (or --data)"))
        #expect(nothing.output.contains("\nbad  access    neither a token nor addresses: set KHOINS_TOKEN"))
    }

    @Test("warns of a token that could be guessed, and of a settings file that anybody may read")
    func secrets() throws {
        try scratch.store([])
        var program = program
        program.environment["KHOINS_TOKEN"] = nil
        program.environment["KHOINS_SETTINGS"] = try scratch.write("KHOINS_TOKEN=rahasia\n".utf8, to: "settings.env")
        chmod(scratch.file("settings.env"), 0o644)
        let ending = try program.run("check")
        #expect(ending.status == 0)
        #expect(ending.output.contains("warning  access          a token could be guessed: take 32 random characters"))
        #expect(ending.output.contains("warning  settings file   anybody on this machine may read the token in"))
        #expect(SettingsCheck.isWeak("aaaaaaaaaaaaaaaaaaaaaaaa") && !SettingsCheck.isWeak(Self.token))
    }

    #if !Cluster
        @Test("says that a build for one server is none of a cluster")
        func cluster() throws {
            try scratch.store([])
            var program = program
            program.environment["KHOINS_CLUSTER"] = "http://127.0.0.1:2379"
            let ending = try program.run("check")
            let lines = ending.lines.filter { $0.hasPrefix("bad") && $0.contains(" cluster ") }
            #expect(ending.status == 1 && lines.count == 1)
        }
    #endif

    @Test("names what is no setting")
    func ignored() throws {
        try scratch.store([])
        var program = program
        let lines = "KHOINS_ALOW=10.0.0.0/8\nOTHER=1\n"
        program.environment["KHOINS_SETTINGS"] = try scratch.write(lines.utf8, to: "settings.env")
        chmod(scratch.file("settings.env"), 0o640)
        let ending = try program.run("check")
        #expect(ending.status == 1)
        let unknown =
            "KHOINS_ALOW stands in the settings file, and there is no such setting: nothing is set by it; is KHOINS_ALLOW meant?"
        let named = ending.lines.filter { $0.hasPrefix("bad") && $0.contains(" setting ") && $0.hasSuffix(unknown) }
        #expect(named.count == 1)
        #expect(!ending.output.contains("OTHER"))
        try scratch.write("OTHER=1\n".utf8, to: "settings.env")
        #expect(try program.run("check").status == 0)
    }

    @Test(
        "refuses settings that cannot be meant, and quotes no token",
        arguments: [
            ("KHOINS_TOKEN", "\(token) # khoins"), ("KHOINS_TOKEN", "\(token) lama"), ("KHOINS_TOKEN", ""),
            ("KHOINS_TOKEN", "\(token),panel"), ("KHOINS_DATA", "/x # note"), ("KHOINS_ALLOW", ","),
        ])
    func notMeant(name: String, value: String) throws {
        var program = program
        program.environment[name] = value
        let ending = try program.run("check")
        #expect(ending.status == 1 && ending.output.contains("bad"))
        #expect(ending.output.contains("\(name) ("))
        #expect(!ending.output.contains(Self.token))
        program.environment[name] = nil
        let flags = ["KHOINS_DATA": "--data", "KHOINS_ALLOW": "--allow"]
        if let flag = flags[name] { #expect(try program.run("check", flag, value).output.contains("\(name) (")) }
    }

    @Test("sees that a directory belongs to somebody else than its files", .enabled(if: ServerUser.isRoot))
    func owners() throws {
        try scratch.store([])
        try scratch.giveAway(to: 65_534)
        #expect(try results().0 == 0)
        try scratch.storeDay()
        let (status, results) = try results()
        #expect(status == 1)
        #expect(
            results["data directory"]?.contains("belongs to user 0, the directory to user 65534: `chown -R") == true)
    }

    @Test("judges room, files and the host's own limit by how much is left")
    func room() throws {
        typealias Room = Inspection.Room
        let gigabyte = 1 << 30
        #expect(DirectoryCheck.room(Room(free: 50 * gigabyte, all: 100 * gigabyte)).verdict == .ok)
        #expect(DirectoryCheck.room(Room(free: 4 * gigabyte, all: 100 * gigabyte)).verdict == .warning)
        #expect(DirectoryCheck.room(Room(free: gigabyte / 2, all: 2 * gigabyte)).verdict == .warning)
        #expect(DirectoryCheck.room(Room(free: 1 << 20, all: gigabyte)).verdict == .bad)
        #expect(DirectoryCheck.files(Room(free: 50_000, all: 100_000)).verdict == .ok)
        #expect(DirectoryCheck.files(Room(free: 19_999, all: 100_000)).verdict == .warning)
        #expect(DirectoryCheck.files(Room(free: 99, all: 100_000)).verdict == .bad)
        for (count, verdict) in [(80, CheckResult.Verdict.ok), (81, .warning), (100, .bad)] {
            #expect(DirectoryCheck.count(count, of: 100).verdict == verdict)
        }
        try scratch.storeDay()
        #expect(try results("--file-limit", "10").1["file limit"]?.hasPrefix("bad: 11 of the 10 that the host") == true)
    }

    @Test("sees a clock that is wrong")
    func clock() throws {
        let now = Timestamp(CivilTime(year: 2026, month: 11, day: 22))
        let later = Timestamp(microseconds: now.microseconds + 600_000_000)
        #expect(DirectoryCheck.clock(nil, now, .wib).verdict == .ok)
        #expect(DirectoryCheck.clock(now, later, .wib).verdict == .ok)
        #expect(DirectoryCheck.clock(later, now, .wib).verdict == .warning)
        #expect(DirectoryCheck.clock(nil, Timestamp(microseconds: 0), .wib).verdict == .warning)
    }

    @Test("asks the program that serves whether a callback could be stored")
    func socket() throws {
        try scratch.store([])
        let address = "unix:\(scratch.file("s.sock"))"
        let (dead, none) = try results("--listen", address)
        #expect(dead == 1 && none["socket"]?.hasPrefix("bad: nobody serves on \(address) (No such file") == true)

        let serving = try program.start(["serve", "--listen", address])
        defer { serving.stop() }
        try wait(for: "the socket") { try scratch.names("").contains("s.sock") }
        let (status, results) = try results("--listen", address)
        #expect(status == 0)
        #expect(results["socket"] == "ok: \(address) answers, and callbacks can be stored")
        var other = program
        other.environment["KHOINS_TOKEN"] = "another-token-of-thirty-two-chars"
        let refused = try other.run("check", "--listen", address)
        #expect(refused.status == 1 && refused.output.contains("refuses these settings: restart the service"))
    }

    @Test("refuses settings that cannot be")
    func usage() throws {
        #expect(try program.run("check", "--file-limit", "0").status == 64)
        let noFile = try program.run("check", "--token-file", "/nonexistent")
        #expect(
            noFile
                == Ending(
                    status: 1, output: "bad  settings  the token file /nonexistent is not there\n", errors: ""))
    }

    @Test("says how the shop is told, and what keeps that from working")
    func shop() throws {
        try scratch.storeDay()
        func said(_ environment: [String: String]) throws -> (status: Int32, shop: String?, settings: String?) {
            var program = program
            program.environment.merge(environment) { $1 }
            let ending = try program.start(["check", "--json"]).ending()
            #expect(!ending.output.contains("s3cret"))
            let lines = try ending.output.split(separator: "\n").map { try JSONParser.parse(Array($0.utf8)) }
            func words(_ subject: String) -> String? {
                lines.first { $0["check"]?.string == subject }
                    .map { "\($0["result"]?.string ?? ""): \($0["detail"]?.string ?? "")" }
            }
            return (ending.status, words("shop"), words("settings"))
        }
        #expect(try said([:]).shop == nil)
        let exec = try said(["KHOINS_EXEC": "true"])
        #expect(exec.status == 0 && exec.shop == "ok: told by KHOINS_EXEC")
        let off = try said(["KHOINS_EXEC": "true", "KHOINS_FOLLOW": "off"])
        #expect(off.shop?.hasPrefix("ok: told by KHOINS_EXEC, by a service or cron") == true)
        let missing = try said(["KHOINS_EXEC": "/nowhere/update-order KH"])
        #expect(missing.status == 1 && missing.shop?.hasPrefix("bad: /nowhere/update-order cannot be run: No") == true)
        let script = try scratch.write("".utf8, to: "update-order")
        chmod(script, 0o644)
        #expect(
            try said(["KHOINS_EXEC": script]).shop?.hasPrefix("bad: \(script) cannot be run: it is not exec") == true)
        for url in ["shop/s3cret", "http:///s3cret", "ftp://shop/s3cret"] {
            let wrong = try said(["KHOINS_FORWARD": url])
            #expect(wrong.status == 1 && wrong.settings?.hasPrefix("bad: KHOINS_FORWARD ") == true)
        }
    }

    @Test("warns where nobody listens at the endpoint of the shop, and sends nothing to one that is there")
    func endpoint() throws {
        try scratch.storeDay()
        var program = program
        let endpoint = try Endpoint()
        program.environment["KHOINS_FORWARD"] = endpoint.url
        let reached = try program.run("check")
        #expect(reached.status == 0 && reached.output.contains("told by KHOINS_FORWARD"), "\(reached)")
        #expect(endpoint.received.isEmpty)
        // Bound, so that nobody else can have it, and not listened at.
        let port = try LoopbackSocket()
        program.environment["KHOINS_FORWARD"] = "http://user:s3cret@127.0.0.1:\(port.port)/x?kunci=s3cret"
        let refused = try program.run("check")
        let words = "nobody could be reached at 127.0.0.1, port \(port.port)"
        let line = refused.lines.first { $0.contains(words) }
        #expect(refused.status == 0 && line?.hasPrefix("warning") == true, "\(refused)")
        #expect(!refused.output.contains("s3cret"))
    }

    @Test("warns of a log that cannot be kept")
    func log() throws {
        try scratch.store([])
        var program = program
        program.environment["KHOINS_LOG"] = scratch.file("logs/k.log")
        let absent = try program.run("check")
        let words = "the folder of \(scratch.file("logs/k.log")), is not there"
        #expect(absent.status == 0 && absent.output.contains(words), "\(absent)")
        try scratch.makeDirectory("logs")
        #expect(!(try program.run("check").output.contains(" log ")))
        if ServerUser.isRoot {
            try scratch.giveAway(to: 65_534)
            let denied = try program.run("check")
            #expect(denied.output.contains("user 65534 may not write to \(scratch.file("logs/k.log"))"), "\(denied)")
        }
    }

    @Test("finds a follower that is behind by more than five minutes, and none that keeps up")
    func follower() throws {
        try scratch.storeDay()
        func cursor(_ arguments: String...) throws {
            #expect(try program.start(["follow", "--once", "--cursor", "toko"] + arguments).ending().status == 0)
        }
        try cursor("--from", "now")
        var (status, results) = try results()
        #expect(status == 0 && results["follower"] == nil)
        // Entries of this long ago that nobody has read.
        let file = scratch.file("data/.cursors/toko.json")
        try scratch.write(#"{"position":1,"readUpTo":1,"unfinished":[]}"#.utf8, to: "data/.cursors/toko.json")
        chmod(file, 0o640)
        (status, results) = try self.results()
        #expect(status == 1)
        #expect(results["follower"]?.hasPrefix("bad: “toko” is behind since ") == true)
        #expect(results["follower"]?.contains("; nobody follows under that name now: see `") == true)
        try cursor()
        #expect(try self.results().1["follower"] == nil)
    }
}
