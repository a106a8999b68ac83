import Glibc
import TestSupport
import Testing

@testable import Formats
@testable import Gateway
@testable import Journal
@testable import Ledger
@testable import Operations
@testable import System

/// Who starts a follower, and when. In the follower's place stands a script that notes how it was called.
@Suite("A handler that no service looks after")
struct FollowerStarterTests {
    private static let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
    private let scratch: Scratch
    private let program: String

    init() throws {
        scratch = try Scratch(.plain)
        try scratch.makeDirectory("logs")
        program = try scratch.writeProgram(
            #"#!/bin/sh\#necho "$@" >>"${0%/*}/calls"; env >"${0%/*}/environment"\#n"#, to: "program")
    }

    private func settings(
        _ way: TellSettings.Way = .exec("true"), isAutomatic: Bool = true
    ) -> Settings {
        var settings = Settings(dataDirectory: scratch.data.path, access: AccessPolicy(tokens: [], ranges: []))
        settings.tell = TellSettings(way: way, isAutomatic: isAutomatic)
        return settings
    }

    private func make(
        _ settings: Settings? = nil, program: String? = nil,
        _ environment: Variables = ["PATH": "/usr/bin:/bin"],
        log: EventLog? = nil
    ) -> FollowerStarter? {
        FollowerStarter(
            settings ?? self.settings(), program: program ?? self.program, environment: environment,
            log ?? EventLog(writingTo: Self.nowhere))
    }

    private func commit(_ trxid: String = "KH-1") {
        let body = #"{"refid":"\#(trxid)","message":"{\"status\":\"Success\"}"}"#
        let delivery = Delivery(body: Array(body.utf8), receivedAt: .now, remoteAddress: "")
        _ = Ledger(path: scratch.data.path).commit([Submission(delivery)])
    }

    private func calls(_ count: Int = 1) throws -> [Substring] {
        try wait(for: "\(count) calls") {
            scratch.text("calls").hasSuffix("\n") && scratch.text("calls").split(separator: "\n").count >= count
        }
        return scratch.text("calls").split(separator: "\n")
    }

    @Test("starts one where a setting says so, and leaves it to others where that is off or nothing is set")
    func settingsDecide() {
        #expect(make() != nil)
        #expect(make(settings(isAutomatic: false)) == nil)
        var none = settings()
        none.tell = nil
        #expect(make(none) == nil)
    }

    @Test("starts one that begins with its own callback, where there is no cursor")
    func first() throws {
        commit("KH-before")
        let starter = try #require(make())
        starter.willCommit()
        commit()
        starter.start()
        #expect(try calls() == ["follow --tell --until-idle 10s --from-entry 2"])
    }

    @Test("starts one that goes on where the cursor is, and forgets where one would have begun")
    func again() throws {
        let starter = try #require(make())
        starter.willCommit()
        commit()
        do {
            let file = try #require(try CursorFile(path: scratch.data.path, name: FollowerStarter.cursorName))
            try file.move(to: Cursor(readUpTo: .first))
        }
        starter.willCommit()
        starter.start()
        #expect(try calls() == ["follow --tell --until-idle 10s"])
        #expect(!scratch.exists("data/.cursors/.shop.json.start"))
    }

    @Test("starts none while somebody has the cursor")
    func found() throws {
        let starter = try #require(make())
        starter.willCommit()
        commit()
        let file = try #require(try CursorFile(path: scratch.data.path, name: FollowerStarter.cursorName))
        withExtendedLifetime(file) { starter.start() }
        #expect(!scratch.exists("calls"))
    }

    @Test("hands on what a follower needs of its variables, and nothing of the request and of the secrets")
    func environment() throws {
        let handedOn = [
            "PATH": "/usr/bin:/bin", "KHOINS_SETTINGS": "/x/settings", "KHOINS_FORWARD": "http://shop/s3cret",
            "TZ": "UTC",
            "LC_ALL": "C", "https_proxy": "http://proxy:3128", "SSL_CERT_FILE": "/x/y", "HOME": "/home/shop",
        ]
        let kept = [
            "KHOINS_TOKEN": "x", "KHOINS_PAGE_KEY": "x", "KHOINS_URL": "x", "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "POST", "HTTP_PROXY": "http://evil", "HTTP_X": "x", "QUERY_STRING": "token=x",
            "REDIRECT_X": "x", "LISTEN_FDS": "1", "SERVER_NAME": "x", "LD_PRELOAD": "/x",
        ]
        let starter = try #require(make(nil, Variables(handedOn.merging(kept) { $1 })))
        commit()
        starter.start()
        try wait(for: "environment") { scratch.text("environment").contains("HOME=") && scratch.exists("calls") }
        let names = Set(scratch.text("environment").split(separator: "\n").map { $0.prefix { $0 != "=" } })
        #expect(names.isSuperset(of: handedOn.keys.map { Substring($0) }))
        // What the shell sets for itself, besides.
        #expect(names.subtracting(handedOn.keys.map { Substring($0) }).isSubset(of: ["PWD", "OLDPWD", "SHLVL", "_"]))
    }

    @Test("says in one line why none could be started, and says it again for the next only")
    func failures() throws {
        let log = scratch.file("log")
        var events = EventLog(writingTo: Self.nowhere)
        events.keep(inFile: log)
        for (way, program, words) in [
            (.exec("true"), "/nowhere/khoins-callback", "/nowhere/khoins-callback cannot be started: No such file"),
            (
                .exec("/nowhere/update-order x"), program,
                "KHOINS_EXEC: /nowhere/update-order cannot be run: No such file"
            ),
        ] as [(TellSettings.Way, String, String)] {
            unlink(log)
            let starter = try #require(make(settings(way), program: program, log: events))
            commit()
            for _ in 0..<3 { starter.start() }
            let lines = scratch.text("log").split(separator: "\n")
            #expect(lines.count == 1)
            #expect(lines.first?.contains(" event=untold reason=") == true && lines.first?.contains(words) == true)
        }
        #expect(!scratch.exists("calls"))
    }

    @Test("with many callbacks a second looks once a moment, and never misses the last")
    func many() throws {
        let starter = try #require(make())
        try starter.startThread()
        let begin = Clock.nanoseconds
        for number in 0..<300 {
            starter.willCommit()
            if number % 100 == 0 { commit("KH-\(number)") }
            starter.didCommit()
            starter.wake()
        }
        try wait(for: "the last look") { !starter.isDue }
        let moments = (Clock.nanoseconds - begin) / 100_000_000
        #expect(try calls().count <= moments + 2)
    }

    @Test("looks once more when it ends, for a callback that nobody has looked for")
    func last() throws {
        let starter = try #require(make())
        starter.willCommit()
        commit()
        starter.didCommit()
        starter.finish()
        starter.finish()
        #expect(try calls().count == 1)
    }

    /// A wake-up that is lost leaves an entry untold: nothing comes after it that would wake anybody.
    @Test("wakes somebody for each callback, also for one that comes while the last follower ends", arguments: 1...4)
    func wakeups(series: Int) async throws {
        let environment: Variables = [
            "KHOINS_DATA": scratch.data.path, "KHOINS_EXEC": "echo $KHOINS_POSITION >>'\(scratch.file("told"))'",
            "PATH": "/usr/bin:/bin",
        ]
        let starter = try #require(
            FollowerStarter(
                settings(), program: try TestBinary.path(), environment: environment,
                EventLog(writingTo: Self.nowhere), idle: "20ms"))
        defer {
            try? wait(for: "the last follower's end") {
                (try? CursorFile(path: scratch.data.path, name: "shop")) != nil
            }
        }
        for round in 1...Self.rounds / 4 {
            starter.willCommit()
            commit("KH-\(round)")
            starter.start()
            try wait(for: "entry \(round) to be told") { scratch.text("told").hasSuffix("\(round)\n") }
            // About the moment in which it ends.
            try await Task.sleep(for: .microseconds(Int.random(in: 10_000...30_000)))
        }
    }

    /// In all of the series together.
    private static let rounds = 1_000
}
