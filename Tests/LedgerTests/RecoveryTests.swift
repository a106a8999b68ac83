import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("Recovery")
struct RecoveryTests {
    /// What makes the commit note worthless.
    enum Restart: CaseIterable {
        case reboot, remount, copied, broughtBack, noNote, brokenNote

        func happen(to folder: DataFolder) throws {
            let note = "journal/\(NoteFile.name)"
            switch self {
            case .reboot:
                // The mount's number may be the same after each start.
                try folder.forgetHint()
                try Self.setBack(1_000_000, in: folder)
            case .remount: try folder.forgetMount()
            case .copied:
                for name in [note, "journal/\(LockFile.name)"] {
                    let bytes = folder.bytes(name) ?? []
                    try folder.removeItem(name)
                    try folder.write(bytes, to: name)
                }
            case .broughtBack: try folder.setModificationTime(secondsAgo: 3_600, of: note)
            case .noNote: try folder.removeItem(note)
            case .brokenNote:
                try folder.write((folder.text(note) ?? "").replacing("\"end\":", with: "\"end\":1").utf8, to: note)
            }
        }

        /// Makes the note one of an earlier start of the machine.
        static func setBack(_ seconds: Int, in folder: DataFolder) throws {
            let name = "journal/\(NoteFile.name)"
            let (note, start) = (folder.text(name) ?? "", BootTime.now.start)
            let found = try #require((start - 2...start + 2).first { note.contains("\"started\":\($0),") })
            let other = note.replacing("\"started\":\(found),", with: "\"started\":\(found - seconds),")
            try folder.write(other.utf8, to: name)
        }
    }

    @Test("comes before the first answer after a restart", arguments: Restart.allCases)
    func restart(_ restart: Restart) throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a"), .test("b"), .test(body: [1]))
            try folder.removeItem("transactions/a.json")
            try restart.happen(to: folder)
            #expect(folder.ledger().commit(.test("a")).map(\.change) == [.duplicate])
        }
    }

    @Test("is not needed while the note can be trusted")
    func noRestart() throws {
        try withDataFolder(isChecked: false) { folder in
            _ = folder.ledger().commit(.test("a"), .test("b"))
            try folder.removeItem("transactions/a.json")
            try folder.ledger().prepare()
            #expect(!folder.exists("transactions/a.json"))
        }
    }

    /// What a power cut, or a hand, does to a record.
    enum Harm: CaseIterable {
        case missing, empty, halved, zeroed, lengthened, reformatted, replaced, linked, olderVersion

        func befall(_ name: String, in folder: DataFolder) throws {
            let bytes = folder.bytes(name) ?? []
            switch self {
            case .missing: try folder.removeItem(name)
            case .empty: try folder.write([], to: name)
            case .halved: try folder.write(bytes.prefix(bytes.count / 2), to: name)
            case .zeroed: try folder.write([UInt8](repeating: 0, count: bytes.count), to: name)
            case .lengthened: try folder.write(bytes + Array("\n".utf8), to: name)
            case .reformatted: try folder.write(bytes.filter { $0 != UInt8(ascii: " ") }, to: name)
            case .replaced: try folder.write(Array("{\"refid\":\"abc-123\"}".utf8), to: name)
            case .linked:
                try folder.write(bytes, to: "elsewhere.json")
                try folder.removeItem(name)
                try folder.link(name, to: folder.path(of: "elsewhere.json"))
            case .olderVersion:
                let old = folder.record(name).map { record in
                    var record = record
                    record.deliveries.removeLast()
                    return record
                }
                try folder.write(old?.json ?? [], to: name)
            }
        }
    }

    @Test("restores what was made since the checkpoint, whatever became of it", arguments: Harm.allCases)
    func harmSinceCheckpoint(_ harm: Harm) throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a", "Pending"), .test("b"), .test("a"), .test("a", "Gagal"))
            try check(harm, in: folder)
        }
    }

    @Test("restores what was changed since the checkpoint from the whole journal", arguments: Harm.allCases)
    func harmBeforeCheckpoint(_ harm: Harm) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"), .test("b"), .test("a", "Diproses"))
            try ledger.moveCheckpoint()
            _ = ledger.commit(.test("c"), .test("a", "Gagal"), .test("a"))
            try check(harm, in: folder)
        }
    }

    @Test(
        "restores records whose entries stand in several pieces of the journal",
        arguments: [Harm.missing, .halved, .olderVersion])
    func harmInPieces(_ harm: Harm) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"), .test("b", "Pending"))
            try ledger.moveCheckpoint()
            _ = ledger.commit(.test("a", "Diproses"), .test("c", "Diproses"), .test("d0"))
            _ = ledger.commit(.test(body: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)))
            _ = ledger.commit(.test("a", "Gagal"), .test("b", "Gagal"), .test("c", "Gagal"), .test("d1"))
            let before = folder.recordFiles
            for name in ["a", "b", "c", "d0", "d1"] {
                if harm == .olderVersion, name.hasPrefix("d") { continue }
                try harm.befall("transactions/\(name).json", in: folder)
            }
            try Restart.reboot.happen(to: folder)
            try folder.ledger().prepare()
            if folder.exists("elsewhere.json") { try folder.removeItem("elsewhere.json") }
            #expect(folder.recordFiles == before)
        }
    }

    @Test("goes by what lies there, also behind many that are missing")
    func manyMissing() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            func deliveries(_ indices: some Sequence<Int>, _ status: String) -> [Submission] {
                indices.map { Submission(.test("r\($0)", status)) }
            }
            // More than are prepared at a time; what came later is in another piece of the journal.
            _ = ledger.commit(deliveries(0..<400, "Pending"))
            _ = ledger.commit(.test(body: [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)))
            _ = ledger.commit(deliveries(stride(from: 1, to: 400, by: 3), "Success"))
            let before = folder.recordFiles
            var kept: [String: ino_t] = [:]
            for index in 0..<400 {
                let name = "transactions/r\(index).json"
                switch index % 3 {
                case _ where index < 50, 0: try folder.removeItem(name)
                case 1: kept[name] = folder.inode(name)
                default: try Harm.halved.befall(name, in: folder)
                }
            }
            try Restart.reboot.happen(to: folder)
            try folder.ledger().prepare()
            #expect(folder.recordFiles == before)
            #expect(kept.count == 116 && kept.allSatisfy { folder.inode($0.key) == $0.value })
        }
    }

    @Test("brings back long and short ones, on both sides of a damaged stretch longer than what is read at a time")
    func anyLength() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            for part in 0..<6 {
                let submissions = (0..<20).map { index in
                    let length = part % 3 == 0 ? 9_000 : 10
                    return Submission(
                        .test("r\(part)-\(index)", text: String(repeating: "x", count: length)))
                }
                _ = ledger.commit(submissions)
            }
            let before = folder.recordFiles
            let file = try #require(folder.journalFiles.first)
            let lines = (folder.bytes(file) ?? []).split(separator: UInt8(ascii: "\n"))
            for place in [0, 25, 119] {
                let damage = [[UInt8](repeating: 0, count: 300 << 10)[...]]
                let damaged = lines[..<place] + damage + lines[place...]
                try folder.write(Array((damaged + [[]]).joined(separator: [UInt8(ascii: "\n")])), to: file)
                for name in folder.names(in: "transactions") { try folder.removeItem("transactions/\(name)") }
                try Restart.noNote.happen(to: folder)
                try folder.ledger().prepare()
                #expect(folder.recordFiles == before, "\(place)")
            }
        }
    }

    @Test("restores a record that was only expected", arguments: Harm.allCases.filter { $0 != .olderVersion })
    func harmToExpected(_ harm: Harm) throws {
        try withDataFolder { folder in
            #expect(folder.ledger().commit([.expecting("a")]).outcomes.map(\.change) == [.created])
            try check(harm, in: folder)
        }
    }

    private func check(_ harm: Harm, in folder: DataFolder) throws {
        let before = folder.recordFiles
        try harm.befall("transactions/a.json", in: folder)
        try Restart.reboot.happen(to: folder)
        try folder.ledger().prepare()
        if folder.exists("elsewhere.json") { try folder.removeItem("elsewhere.json") }
        #expect(folder.recordFiles == before)
    }

    /// Found by these tests: what came out depended on where the journal's files and blocks end.
    @Test("brings back all of a record that was deleted and then came again", arguments: [true, false])
    func deleted(_ isInNewFile: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a", "Pending"))
            try folder.removeItem("transactions/a.json")
            if isInNewFile { try folder.beginJournalFile() }
            #expect(ledger.commit(.test("a")).map(\.change) == [.created])
            try Restart.reboot.happen(to: folder)
            try folder.ledger().prepare()
            #expect(folder.record("transactions/a.json")?.deliveries.map(\.status) == [.pending, .success])
        }
    }

    @Test("restores rejected deliveries too")
    func rejected() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test(body: [1]), .test(body: [2]))
            let before = folder.recordFiles
            for (index, name) in folder.names(in: "rejected").enumerated() {
                if index == 0 {
                    try folder.removeItem("rejected/\(name)")
                } else {
                    try folder.write([], to: "rejected/\(name)")
                }
            }
            try Restart.reboot.happen(to: folder)
            try folder.ledger().prepare()
            #expect(folder.recordFiles == before)
        }
    }

    @Test("cuts off a torn tail, and lines after damage still count", arguments: Restart.allCases)
    func tornTail(_ restart: Restart) throws {
        try withDataFolder(isChecked: false) { folder in
            _ = folder.ledger().commit(.test("a"))
            let file = "journal/000000000001-20261122.jsonl"
            let line = folder.line(JournalEntry(.delivery(.test("b"))))
            try folder.append([UInt8](repeating: 0, count: 5_000) + line + line.prefix(70), to: file)
            try restart.happen(to: folder)
            #expect(folder.ledger().commit(.test("b")).map(\.change) == [.duplicate])
            #expect(folder.record("transactions/b.json")?.deliveries.first?.lastJournal == .test(3))
        }
    }

    @Test("of an empty journal, and of none, begins a new one")
    func nothing() throws {
        try withDataFolder { folder in
            try folder.ledger().prepare()
            #expect(folder.journalFiles == [])
            let journal = try folder.journal()
            _ = try JournalFile(making: JournalFileName(first: .first, at: .test()), head: [], in: journal.directory)
            #expect(folder.ledger().commit(.test()).map(\.change) == [.created])
            #expect(folder.journalFiles == ["journal/000000000001-20261122.jsonl"])
        }
    }
}
