import Glibc
import KHOINS
import System
import TestSupport
import Testing

@testable import Ledger

@Suite("The archive's index")
struct ArchiveIndexTests {
    private static let month = ArchiveMonth(.test())

    private func entry(_ hash: UInt64, _ offset: Int) -> ArchiveIndex.Entry {
        ArchiveIndex.Entry(hash: hash, location: ArchiveLocation(month: Self.month, offset: offset))
    }

    @Test("finds each of many names, and no other", arguments: [0, 1, 127, 128, 129, 20_000])
    func finds(count: Int) throws {
        let names = (0..<count).compactMap { RecordName(trxid: "KH-\($0)") }
        var index = ArchiveIndex()
        index.add(names.enumerated().map { entry(ArchiveIndex.hash($1), $0 * 1_000) })
        let file = ArchiveIndexFile(index)
        for (number, name) in names.enumerated() where number % 97 == 0 || count < 1_000 {
            #expect(try file.locations(ArchiveIndex.hash(name)).map(\.offset) == [number * 1_000])
        }
        for number in 0..<50 {
            let other = try #require(RecordName(trxid: "other-\(number)"))
            #expect(try file.locations(ArchiveIndex.hash(other)) == [])
        }
    }

    @Test("finds hashes wherever they crowd", arguments: [0, 1, .max / 2, .max - 1, .max] as [UInt64])
    func crowds(hash: UInt64) throws {
        var index = ArchiveIndex()
        index.add((0..<3_000).map { entry(hash &+ UInt64($0 % 3) &- 1, $0) })
        let file = ArchiveIndexFile(index)
        #expect(try file.locations(hash).map(\.offset) == (0..<3_000).filter { $0 % 3 == 1 })
        #expect(try file.locations(hash &+ 7) == [])
    }

    @Test("spreads names evenly, so that a place can be guessed")
    func spreads() {
        var counts = [Int](repeating: 0, count: 64)
        for number in 0..<64_000 {
            if let name = RecordName(trxid: "KH-\(number)") { counts[Int(ArchiveIndex.hash(name) >> 58)] += 1 }
        }
        #expect(counts.allSatisfy { (800...1_200).contains($0) })
    }

    @Test("keeps one hash for ever")
    func stable() throws {
        #expect(ArchiveIndex.hash(try #require(RecordName(trxid: "abc-123"))) == 0xC192_DC4D_2BF3_4920)
    }

    @Test("is the same read back from its bytes")
    func bytes() throws {
        try withDataFolder(isChecked: false) { folder in
            for number in 0..<300 { folder.ledger().commit("n\(number)", "Success") }
            try folder.archive()
            let directory = try folder.archiveDirectory()
            let onDisk = try #require(
                try ArchiveIndexFile(try directory.open(ArchiveIndex.fileName, .reading))
            ).index()
            #expect(onDisk.entries.count == 300)
            #expect(try onDisk == ArchiveIndex(readingFilesIn: directory))
        }
    }

    @Test("tells two names of one hash apart")
    func collision() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            folder.ledger().commit("b", "Gagal")
            try folder.archive()
            let directory = try folder.archiveDirectory()
            var index = try ArchiveIndex(readingFilesIn: directory)
            let hash = ArchiveIndex.hash(try #require(RecordName(trxid: "a")))
            index.add(index.entries.map { ArchiveIndex.Entry(hash: hash, location: $0.location) })
            try folder.write(index.bytes, to: "archive/.index")
            #expect(try folder.found("a")?.status == .success)
        }
    }

    enum Fault: CaseIterable {
        case missing, empty, cut, damaged, points, swapped
    }

    @Test("is made anew when it is missing or wrong, and by a commit for good", arguments: Fault.allCases)
    func fault(_ fault: Fault) throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            for trxid in ["a", "b", "c"] { ledger.commit(trxid, "Success") }
            try folder.archive()
            let right = try #require(folder.bytes("archive/.index"))
            var wrong = right
            switch fault {
            case .missing: try folder.removeItem("archive/.index")
            case .empty: try folder.write([], to: "archive/.index")
            case .cut: try folder.write(right.dropLast(16), to: "archive/.index")
            case .damaged:
                wrong[10] ^= 1
                try folder.write(wrong, to: "archive/.index")
            case .points:
                for index in [1, 2, 3] { wrong[wrong.count - index * 16 + 15 - 16 * 0] ^= 1 }
                try folder.write(wrong, to: "archive/.index")
            case .swapped:
                let index = try ArchiveIndex(readingFilesIn: try folder.archiveDirectory())
                let places = index.entries.map(\.location)
                let entries = zip(index.entries, places[1...] + places[..<1]).map {
                    ArchiveIndex.Entry(hash: $0.hash, location: $1)
                }
                try folder.write(ArchiveIndex(entries: entries, covered: index.covered).bytes, to: "archive/.index")
            }
            #expect(try folder.findings().map(\.kind) == [.archive])
            for trxid in ["a", "b", "c"] { #expect(try folder.found(trxid) != nil) }
            #expect(try folder.found("d") == nil)
            #expect(folder.ledger().commit(.test("a", "Gagal"))[0].change == .updated)
            #expect(folder.record("transactions/a.json")?.deliveries.count == 2)
            #expect(folder.bytes("archive/.index") == right)
            #expect(try folder.findings() == [])
        }
    }
}
