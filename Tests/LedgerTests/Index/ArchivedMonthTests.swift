import FoundationEssentials
import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

@Suite("The index tells the same as all records, beside an archive")
struct ArchivedMonthTests {
    /// Some rounds of trade and archiving, some of whose journal files are dropped.
    ///
    /// - Parameter each: Called after each round, told the seconds behind the tests' time.
    private func trade(
        _ seed: Int, in folder: DataFolder, rounds: Int = 5, _ each: (_ second: Int) throws -> Void = { _ in }
    ) throws {
        var generator = SeededGenerator(seed: UInt64(200 + seed))
        // Some of them reach into the next year, and so into another month's file.
        var second = seed % 2 == 0 ? 0 : RecordIndexTests.newYear - 12 * 3_600
        for round in 0..<rounds {
            RecordIndexTests.commit(12, orders: 40 + round * 25, to: folder, &second, using: &generator)
            if round == 0 {
                // One that waits for ever holds its journal file, so that there is a hole behind it.
                _ = folder.ledger().commit(.test("KH-WAITS", "Pending", text: "?", at: .test(second)))
            }
            try folder.beginJournalFile(at: .test(second))
            let isLast = round == rounds - 1
            if round > 0 { Self.settle(folder, isLast ? 1 : 4, &second, using: &generator) }
            let age = isLast ? -1 : Int.random(in: -1...8, using: &generator)
            try folder.archive(olderThan: .test(second - 3_600 * age))
            try each(second)
        }
    }

    /// Ends most of what waits, or with a share of 1 all, so that it can be archived.
    private static func settle(
        _ folder: DataFolder, _ share: Int, _ second: inout Int, using generator: inout SeededGenerator
    ) {
        for name in folder.names(in: "transactions") {
            guard share == 1 || Int.random(in: 0..<share, using: &generator) > 0,
                let record = folder.record("transactions/\(name)"), !record.status.isFinal,
                let trxid = record.callback.trxid, trxid != "KH-WAITS"
            else { continue }
            second += 11
            _ = folder.ledger().commit(.test(trxid, "Success", text: "SUKSES. SN: 99/\(trxid)", at: .test(second)))
        }
    }

    @Test(
        "with journal files dropped, records revived, reversed and archived again, over a year's end", arguments: 0..<6)
    func dropped(_ seed: Int) throws {
        try withDataFolder(isChecked: false) { folder in
            var (dropped, told) = (0, 0)
            try trade(seed, in: folder) { second in
                let comparison = IndexComparison(folder, now: .test(second))
                try comparison.expectSame()
                let reader = try comparison.reader(isIndexed: true)
                if let index = reader.index(isPatient: true), index.hasSums, index.tellsOfArchive { told += 1 }
                dropped = try max(dropped, folder.nextPosition.number - 1 - Self.heldEntries(folder))
            }
            // One that drops nothing tries nothing.
            #expect(dropped > 0 && told > 0)
        }
    }

    private static func heldEntries(_ folder: DataFolder) throws -> Int {
        try folder.journal().stretches().reduce(0) {
            $0 + $1.positions.upperBound.number - $1.positions.lowerBound.number
        }
    }

    @Test("made again from the months' files alone it is the same bytes", arguments: 0..<2)
    func madeAgain(_ seed: Int) throws {
        try withDataFolder(isChecked: false) { folder in
            var last = 0
            try trade(seed, in: folder) { second in
                try IndexComparison(folder, now: .test(second)).useAll()
                last = second
            }
            let months = folder.names(in: ".index").filter { ArchiveMonth(fileName: "\($0).jsonl") != nil }
            #expect(!months.isEmpty)
            let bytes = months.map { folder.bytes(".index/\($0)") }
            for month in months { try folder.removeItem(".index/\(month)") }
            try IndexComparison(folder, now: .test(last)).expectSame()
            for (month, old) in zip(months, bytes) {
                let new = folder.bytes(".index/\(month)")
                let same = try [old, new].map { bytes -> ArchivedMonth? in
                    try ArchivedMonth(try #require(ArchiveMonth(fileName: "\(month).jsonl")), IndexSource(bytes ?? []))
                }
                // What was missing elsewhere when it was made may be told otherwise.
                #expect(old == new || same[0]?.head.dropped != same[1]?.head.dropped)
            }
        }
    }

    @Test("not without the note of what was dropped, until archive has seen all live records once more")
    func withoutNote() throws {
        try withDataFolder(isChecked: false) { folder in
            var last = 0
            try trade(2, in: folder) { last = $0 }
            let comparison = IndexComparison(folder, now: .test(last))
            let noted = try #require(folder.bytes(".index/dropped"))
            for wrong in [noted.dropLast(9), noted.map { $0 ^ 1 }, []] {
                try folder.write(wrong, to: ".index/dropped")
                let reader = try comparison.reader(isIndexed: true)
                #expect(reader.index(isPatient: true) == nil)
            }
            try folder.archive(olderThan: .test(0))
            try comparison.expectSame()
            #expect(folder.bytes(".index/dropped") == noted)
        }
    }

    @Test("not where somebody else has taken journal files away")
    func takenAway() throws {
        try withDataFolder(isChecked: false) { folder in
            var last = 0
            try trade(3, in: folder) { last = $0 }
            var generator = SeededGenerator(seed: 5)
            RecordIndexTests.commit(5, to: folder, &last, using: &generator)
            let taken = try #require(folder.journalFiles.last)
            try folder.beginJournalFile(at: .test(last))
            RecordIndexTests.commit(5, to: folder, &last, using: &generator)
            try folder.removeItem(taken)
            let comparison = IndexComparison(folder, now: .test(last))
            for _ in 0..<2 {
                let reader = try comparison.reader(isIndexed: true)
                #expect(reader.index(isPatient: true) == nil)
                // Live records have entries there that nothing else tells of.
                try folder.archive(olderThan: .test(0))
            }
        }
    }

    @Test("whatever becomes of a byte of a month's, or it ends too early")
    func damage() throws {
        try withDataFolder(isChecked: false) { folder in
            var last = 0
            try trade(4, in: folder, rounds: 2) { last = $0 }
            let comparison = IndexComparison(folder, now: .test(last))
            try comparison.expectSame()
            let name = try #require(folder.names(in: ".index").first { ArchiveMonth(fileName: "\($0).jsonl") != nil })
            let month = try #require(ArchiveMonth(fileName: "\(name).jsonl"))
            let bytes = try #require(folder.bytes(".index/\(name)"))
            let intact = try #require(try ArchivedMonth(month, IndexSource(bytes)))
            let sums = try intact.sums()
            let codes = try intact.codes()
            func look(_ bytes: [UInt8]) throws {
                guard let seen = try ArchivedMonth(month, IndexSource(bytes)) else { return }
                #expect(seen.head == intact.head)
                for (one, other) in [(try seen.sums()?.bytes, sums?.bytes), (try seen.codes(), codes)] {
                    #expect(one == nil || one == other)
                }
                for ordinal in 0..<seen.rowCount {
                    guard let row = try seen.row(ordinal), let whole = try intact.row(ordinal) else { continue }
                    #expect(row.place == whole.place && row.offset == whole.offset && row.seconds == whole.seconds)
                }
            }
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= UInt8(1) << UInt8(index % 8)
                try look(damaged)
                if index % 7 == 0 { try look(Array(bytes.prefix(index))) }
                if index % 997 == 0 {
                    try folder.write(damaged, to: ".index/\(name)")
                    // Where it is found out in the middle, it is made anew for the next one.
                    try comparison.useAll()
                    try comparison.expectSame()
                }
            }
        }
    }

    @Test("in a directory of another user's, where nothing is kept", .enabled(if: geteuid() == 0, "needs root"))
    func unwritable() throws {
        try withDataFolder(isChecked: false) { folder in
            var last = 0
            try trade(0, in: folder) { last = $0 }
            for name in folder.names(in: ".index") where name != "dropped" { try folder.removeItem(".index/\(name)") }
            #expect(chown(folder.path, 62_222, 62_222) == 0)
            defer { chown(folder.path, 0, 0) }
            try IndexComparison(folder, now: .test(last)).expectSame()
            #expect(folder.names(in: ".index") == ["dropped"])
        }
    }

    @Test("while several make it at once, and somebody takes it away")
    func manyMakers() throws {
        try withDataFolder(isChecked: false) { folder in
            var last = 0
            try trade(1, in: folder) { last = $0 }
            let path = folder.path
            concurrently(4) { number in
                for round in 0..<12 {
                    if number == 0, let name = folder.names(in: ".index").filter({ $0 != "dropped" }).first {
                        unlink("\(path)/.index/\(name)")
                    }
                    _ = RecordIndex.make(path: path, minimumLength: 0, within: round % 3 == 0 ? 0 : nil)
                }
            }
            try IndexComparison(folder, now: .test(last)).expectSame()
        }
    }
}
