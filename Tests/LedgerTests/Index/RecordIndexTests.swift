import FoundationEssentials
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

@Suite("The index tells the same as all records")
struct RecordIndexTests {
    static func commit(
        _ count: Int, orders: Int = 40, to folder: DataFolder, _ second: inout Int,
        using generator: inout SeededGenerator
    ) {
        let ledger = folder.ledger()
        for _ in 0..<count {
            second += Int.random(in: 0..<1_800, using: &generator)
            let steps = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                TradeStep(second, orders: orders, using: &generator).submission
            }
            _ = ledger.commit(steps)
        }
    }

    /// When a year begins, in seconds behind the tests' time: one that has passed, as files are written now.
    static let newYear = -28_110_000

    @Test("after random deliveries, in order or not, over many files and in many steps", arguments: 0..<5)
    func random(_ seed: Int) throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: UInt64(seed))
            // Some begin shortly before a year ends.
            var second = seed % 2 == 0 ? 0 : Self.newYear - 15 * 3_600
            for _ in 0..<6 {
                Self.commit(25, to: folder, &second, using: &generator)
                if Bool.random(using: &generator) { try folder.beginJournalFile() }
                if Bool.random(using: &generator) {
                    try IndexComparison(folder, now: .test(second + 700)).expectSame()
                }
            }
            try IndexComparison(folder, now: .test(second + 700)).expectSame()
        }
    }

    @Test("over hours and days in which nothing came, with a year's end in one of them")
    func emptyHours() throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: 23)
            var second = Self.newYear - 45 * 3_600
            for hours in [1, 2, 3, 26, 20, 50] {
                Self.commit(6, orders: 12, to: folder, &second, using: &generator)
                // Within the gap, and where it ends.
                try IndexComparison(folder, now: .test(second + hours * 1_800)).expectSame()
                second += hours * 3_600
                if hours % 2 == 0 { try folder.beginJournalFile() }
                try IndexComparison(folder, now: .test(second)).expectSame()
            }
        }
    }

    @Test("where a record has more deliveries than it keeps", arguments: 0..<3)
    func manyDeliveries(_ seed: Int) throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: UInt64(100 + seed))
            var second = 0
            for round in 0..<4 {
                for _ in 0..<40 {
                    second += 60
                    let status = Status.allCases.randomElement(using: &generator) ?? .success
                    _ = folder.ledger().commit(.test("KH-1", status.rawValue, text: "\(second)", at: .test(second)))
                }
                Self.commit(4, to: folder, &second, using: &generator)
                try folder.beginJournalFile()
                if round != seed { try IndexComparison(folder, now: .test(second)).expectSame() }
            }
            try IndexComparison(folder, now: .test(second)).expectSame()
        }
    }

    @Test("unless the journal is damaged, of which it does not tell")
    func damagedJournal() throws {
        try withDataFolder(isChecked: false) { folder in
            var generator = SeededGenerator(seed: 19)
            var second = 0
            Self.commit(20, to: folder, &second, using: &generator)
            try folder.beginJournalFile()
            Self.commit(2, to: folder, &second, using: &generator)
            let file = try #require(folder.journalFiles.first)
            var bytes = try #require(folder.bytes(file))
            bytes[bytes.count / 2] ^= 1
            try folder.write(bytes, to: file)
            let comparison = IndexComparison(folder, now: .test(second))
            let reader = try comparison.reader(isIndexed: true)
            let index = reader.index(isPatient: true)
            #expect(index?.hasSums == false)
            let left = try RecentDays(reader, now: .test(second), zone: .wib, dayCount: 14)
            let right = try RecentDays(
                comparison.reader(isIndexed: false), now: .test(second), zone: .wib, dayCount: 14)
            #expect("\(left.days)" == "\(right.days)")
        }
    }

    @Test("where nothing can be written, and where what is kept is of another journal")
    func foreign() throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: 7)
            var second = 0
            Self.commit(20, to: folder, &second, using: &generator)
            try folder.beginJournalFile()
            Self.commit(5, to: folder, &second, using: &generator)
            try folder.write(Array("something else".utf8), to: ".index")
            try IndexComparison(folder, now: .test(second)).expectSame()
            try folder.removeItem(".index")
            try IndexComparison(folder, now: .test(second)).expectSame()
            let names = folder.names(in: ".index")
            #expect(names.map { "journal/\($0).jsonl" } == [folder.journalFiles.first])
            let kept = try #require(folder.bytes(".index/\(names[0])"))
            try withDataFolder { other in
                var second = 0
                Self.commit(30, to: other, &second, using: &generator)
                try other.beginJournalFile()
                Self.commit(5, to: other, &second, using: &generator)
                try other.makeDirectory(".index")
                try other.setMode(0o750, of: ".index")
                try other.write(kept, to: ".index/\(names[0])")
                try other.setMode(0o640, of: ".index/\(names[0])")
                try IndexComparison(other, now: .test(second)).expectSame()
            }
        }
    }

    @Test("whatever becomes of a byte of it, or it ends too early")
    func damage() throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: 11)
            var second = 0
            Self.commit(1, to: folder, &second, using: &generator)
            try folder.beginJournalFile()
            Self.commit(1, to: folder, &second, using: &generator)
            try IndexComparison(folder, now: .test(second)).expectSame()
            let name = try #require(folder.names(in: ".index").first)
            let bytes = try #require(folder.bytes(".index/\(name)"))
            let directory = try #require(try IndexDirectory(in: folder.store()))
            let intact = try #require(try IndexFile.open(name, in: directory))
            let (codes, keys) = (try intact.codes(), try intact.keys())
            func look() throws {
                guard let file = try IndexFile.open(name, in: directory) else { return }
                #expect(file.content == intact.content)
                let seen = (try file.codes(), try file.keys())
                #expect(seen.0 == nil || seen.1 == nil)
                #expect(seen.0 == nil || seen.0 == codes)
                #expect(seen.1 == nil || seen.1 == keys)
            }
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= UInt8(1) << UInt8(index % 8)
                try folder.write(damaged, to: ".index/\(name)")
                try look()
                try folder.write(bytes.prefix(index), to: ".index/\(name)")
                try look()
                if index % 199 == 0 {
                    try folder.write(damaged, to: ".index/\(name)")
                    let comparison = IndexComparison(folder, now: .test(second))
                    // Where it is found out in the middle, it is made anew for the next one.
                    try comparison.useAll()
                    try comparison.expectSame()
                }
            }
            try folder.setMode(0o640, of: ".index/\(name)")
        }
    }

    @Test("made in one go or in many steps, it is the same bytes")
    func steps() throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: 13)
            var second = 0
            Self.commit(30, to: folder, &second, using: &generator)
            let journal = try folder.journal()
            let store = try folder.store()
            let segment = try #require(try journal.segments().first)
            let bases = IndexBases(journal, [segment], before: try #require(try journal.state().end))
            func made(_ isInSteps: Bool) throws -> [UInt8] {
                var builder = IndexBuilder(first: segment.first)
                var parts = builder.made()
                try journal.read(segment, from: 0) { (chunk, _) throws(LedgerError) in
                    for placed in chunk.entries {
                        try builder.add(IndexBuilder.Item(placed)) { name, position throws(LedgerError) in
                            try bases.base(of: name, before: position, store)
                        }
                        parts = builder.made()
                        if isInSteps {
                            builder = IndexBuilder(
                                try require(throwing: IndexContent(parts.content.bytes)), codes: parts.codes,
                                keys: parts.keys)
                        }
                    }
                    return true
                }
                return IndexFile.bytes(parts.content, codes: parts.codes, keys: parts.keys)
            }
            #expect(try made(true) == made(false))
        }
    }

    @Test("random bytes are no index, and end nobody")
    func fuzzed() throws {
        var generator = SeededGenerator(seed: 17)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<400, using: &generator)).map { _ in
                UInt8.random(in: 0...(Bool.random(using: &generator) ? 255 : 1), using: &generator)
            }
            _ = IndexContent(bytes)
        }
    }
}

/// `#require` throws any error, where only one kind may be thrown.
private func require<Value>(throwing value: Value?) throws(LedgerError) -> Value {
    guard let value else { throw .damaged(path: "a part that was just made") }
    return value
}
