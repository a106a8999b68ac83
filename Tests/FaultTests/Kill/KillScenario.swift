import Formats
import Foundation
import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// What the program is doing when it is killed.
struct KillScenario: CustomTestStringConvertible, Sendable {
    enum Action: Sendable {
        case post(String)
        case health
        /// A command, run once more after it was killed. It sends these bodies.
        case command([String], sends: [String] = [])
    }

    var testDescription: String
    /// What has happened before, once; each try starts from a copy of that.
    var past: @Sendable (Site, Tally) throws -> Void
    /// What happens in each copy before the program is started and killed; here, one request that recovers, so that
    /// the next process finds everything in order.
    var preparation: @Sendable (Site, Tally) throws -> Void = { site, _ in _ = try site.health() }
    var action: Action
    /// Its journal is as large as journals get, which takes its time; so the calls that change nothing are left to the
    /// long run.
    var isLarge = false

    private static let pending = SentCallback("KH-1", "Pending")
    private static let success = SentCallback("KH-1", "Success")
    private static let other = SentCallback("KH-2", "Gagal")

    private static func sent(_ bodies: [String]) -> @Sendable (Site, Tally) throws -> Void {
        { site, tally in
            for body in bodies { _ = try site.post(body, tally) }
        }
    }

    static let all: [KillScenario] = [
        KillScenario(
            testDescription: "the first callback in a fresh directory", past: { _, _ in }, preparation: { _, _ in },
            action: .post(success.body)),
        KillScenario(
            testDescription: "a callback of a new trxid", past: sent([success.body]), action: .post(other.body)),
        KillScenario(testDescription: "a repeat", past: sent([success.body]), action: .post(success.body)),
        KillScenario(
            testDescription: "a reversal", past: sent([success.body]),
            action: .post(SentCallback("KH-1", "Refund").body)),
        KillScenario(
            testDescription: "the outcome of a pending one", past: sent([pending.body]), action: .post(success.body)),
        KillScenario(
            testDescription: "a body that is no callback", past: sent([success.body]),
            action: .post(SentCallback.rejected)),
        KillScenario(
            testDescription: "the change to a new journal file", past: journal(paddedTo: JournalFile.maximumLength),
            action: .post(success.body), isLarge: true),
        KillScenario(
            testDescription: "a callback after which the checkpoint moves",
            past: journal(paddedTo: JournalFile.maximumLength / 2), action: .post(success.body), isLarge: true),
        KillScenario(
            testDescription: "recovery after a restart of the machine",
            past: sent([pending.body, success.body, other.body, SentCallback.rejected]),
            preparation: { site, _ in
                try site.remove("transactions/KH-1.json")
                try site.write([], to: "transactions/KH-2.json")
            },
            action: .health),
        KillScenario(
            testDescription: "closing the gap that a killed process left", past: sent([pending.body]),
            preparation: { site, tally in
                _ = try site.health()
                _ = try site.post(success, tally, faults: [.kill(at: "renameat", 1)])
            },
            action: .post(other.body)),
        KillScenario(
            testDescription: "repair", past: sent([pending.body, success.body, other.body]),
            preparation: { site, _ in
                _ = try site.health()
                try site.remove("transactions/KH-1.json")
                try site.write(Array("{".utf8), to: "transactions/KH-2.json")
            },
            action: .command(["verify", "--repair"])),
        KillScenario(
            testDescription: "an expectation", past: sent([other.body]), action: .command(["expect", "KH-1"])),
        KillScenario(
            testDescription: "the outcome of an expected one",
            past: { site, _ in try site.run(["expect", "KH-1"]) }, action: .post(success.body)),
        KillScenario(
            testDescription: "import of a log",
            past: { site, tally in
                try sent([pending.body])(site, tally)
                try "\(success.body)\n\(other.body)\n".write(
                    toFile: "\(site.data)/log", atomically: false, encoding: .utf8)
            },
            action: .command(["import", "DATA/log"], sends: [success.body, other.body])),
        KillScenario(
            testDescription: "archive", past: twoJournalFiles, action: .command(["archive", "--older-than", "0s"]),
            isLarge: true),
        KillScenario(
            testDescription: "a late callback for an archived record",
            past: { site, tally in
                try twoJournalFiles(site, tally)
                try site.run(["archive", "--older-than", "0s"])
            },
            action: .post(SentCallback("KH-1", "Refund").body), isLarge: true),
    ]

    /// Final records, the older one's deliveries in a journal file that is full.
    private static let twoJournalFiles: @Sendable (Site, Tally) throws -> Void = { site, tally in
        try journal(paddedTo: JournalFile.maximumLength, of: success)(site, tally)
        try sent([other.body, other.body])(site, tally)
    }

    /// A journal whose file is so long that one more entry passes `length`. Blank lines stand before its one entry.
    static func journal(
        paddedTo length: Int, of callback: SentCallback = SentCallback("KH-1", "Pending")
    ) -> @Sendable (Site, Tally) throws -> Void {
        { site, tally in
            _ = try site.health()
            let body = callback.body
            tally.sending(body)
            let draft = EntryDraft(
                .delivery(Delivery(body: Array(body.utf8), receivedAt: .now, remoteAddress: "182.23.3.230")))
            var line: [UInt8] = []
            draft.append(to: &line, at: .first, updating: false)
            let padding = [UInt8](repeating: UInt8(ascii: "\n"), count: length - line.count - 10)
            try site.write(padding + line, to: "journal/000000000001-20261122.jsonl")
            tally.answered(body, try site.health())
        }
    }
}
