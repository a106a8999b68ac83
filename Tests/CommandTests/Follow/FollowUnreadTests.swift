import Foundation
import Glibc
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

/// A directory in the place of a journal file: none of its bytes can be read.
@Suite("follow, where a part of the journal cannot be read for a moment")
struct FollowUnreadTests {
    private let installation: FollowedDirectory
    private static let file = "journal/000000000001-20261122.jsonl"
    private static let tells = ["follow", "--from", "start", "--exec", #"echo "$KHOINS_TRXID" >> told"#]

    /// Three entries: two in a file that cannot be read, one in the next.
    init() throws {
        installation = try FollowedDirectory()
        installation.store("a")
        installation.store("b")
        try installation.beginJournalFile()
        installation.store("c")
        hide()
    }

    private func path(_ name: String) -> String { "\(installation.data)/\(name)" }

    private func hide() {
        #expect(rename(path(Self.file), path("../kept")) == 0)
        #expect(mkdir(path(Self.file), 0o750) == 0)
    }

    private func show() {
        #expect(rmdir(path(Self.file)) == 0)
        #expect(rename(path("../kept"), path(Self.file)) == 0)
    }

    /// What was told, sorted: commands for different trxids run beside each other.
    private var told: [String] { installation.lines("told").sorted() }

    private func once() throws -> Ending { try installation.start(Self.tells + ["--once"]).ending() }

    private func cursor() throws -> Cursor {
        try #require(Cursor(bytes: Array(installation.text("data/.cursors/shop.json").utf8)))
    }

    @Test("passes nothing over, and tells it as soon as it can be read, by whichever run")
    func moment() throws {
        for _ in 0..<2 {
            let ending = try once()
            #expect(ending.status == 1 && ending.errors.contains("\(Self.file) cannot be read: it is tried again\n"))
            #expect(!installation.exists("told"))
        }
        #expect(try cursor().readUpTo == .first && cursor().unreadSince != nil)
        show()
        #expect(try once() == Ending(status: 0, output: "", errors: ""))
        #expect(told == ["a", "b", "c"])
        #expect(try cursor().unreadSince == nil)
    }

    @Test("goes on by itself while it runs")
    func running() throws {
        let program = try installation.start(Self.tells)
        try wait(for: "its word") { program.errors.contains("it is tried again") }
        #expect(!installation.exists("told"))
        show()
        try wait(for: "all three") { told == ["a", "b", "c"] }
        program.signal(SIGTERM)
        #expect(try program.ending().status == 0)
    }

    @Test("leaves out what could not be read for a minute, with a word, and tells it later when it is asked to")
    func minute() throws {
        #expect(try once().status == 1)
        for (age, isPassed) in [(58, false), (61, true)] {
            var old = try cursor()
            old.unreadSince = Timestamp(microseconds: Timestamp.now.microseconds - Int64(age) * 1_000_000)
            try installation.write(String(decoding: old.bytes, as: UTF8.self), to: "data/.cursors/shop.json")
            let ending = try once()
            #expect(ending.status == 1 && ending.errors.contains("before entry 3 cannot be read") == isPassed)
            #expect(installation.exists("told") == isPassed)
        }
        #expect(told == ["c"])
        show()
        let asked = try installation.start(["follow", "--rewind", "2026-11-22", "--yes"])
        #expect(try asked.ending().status == 0)
        #expect(try once().status == 0)
        #expect(told == ["a", "b", "c", "c"])
    }

    @Test("is left out at once where nobody comes back for it")
    func looked() throws {
        installation.scratch.leavesDamage()
        let ending = try installation.start("follow", "--once", "--json").ending()
        #expect(ending.status == 1 && ending.output.contains(#""c""#) && ending.lines.count == 1)
        #expect(ending.errors.contains("\(Self.file) cannot be read, and is left out\n"))
    }
}
