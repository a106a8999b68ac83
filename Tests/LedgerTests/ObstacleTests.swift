import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

/// Something that is no record lies where a record should go.
@Suite("With something in the way")
struct ObstacleTests {
    private static let name = "transactions/abc-123.json"

    enum Obstacle: CaseIterable {
        case linkToFile, linkToNothing, linkToDirectory, pipe, socket, emptyFile, strangersFile

        func place(in folder: DataFolder, at name: String) throws {
            let target = "\(folder.parent)/outside"
            try folder.removeItemIfPresent(name)
            switch self {
            case .linkToFile:
                try folder.write("untouched".utf8, to: "../outside")
                try folder.link(name, to: target)
            case .linkToNothing: try folder.link(name, to: target)
            case .linkToDirectory:
                try folder.makeDirectory("../outside")
                try folder.link(name, to: target)
            case .pipe: #expect(mkfifo(folder.path(of: name), 0o640) == 0)
            case .socket: #expect(mknod(folder.path(of: name), S_IFSOCK | 0o640, 0) == 0)
            case .emptyFile: try folder.write([], to: name)
            case .strangersFile: try folder.write(Array("{}".utf8), to: name)
            }
        }
    }

    @Test("the record replaces it, and nothing outside is touched", arguments: Obstacle.allCases, [true, false])
    func replaced(_ obstacle: Obstacle, _ isKnown: Bool) throws {
        // Unchecked: what could not be rebuilt is set aside in `rejected/`.
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("other"))
            if isKnown { _ = ledger.commit(.test("abc-123", "Pending")) }
            try obstacle.place(in: folder, at: Self.name)
            #expect(ledger.commit(.test(), .test("next")).map(\.change) == [isKnown ? .updated : .created, .created])
            #expect(folder.record(Self.name)?.deliveries.count == (isKnown ? 2 : 1))
            #expect(folder.mode(Self.name) == 0o640)
            #expect(folder.names(in: "rejected").count == (isKnown ? 0 : 1))
            #expect(folder.text("../outside") ?? "untouched" == "untouched")
            #expect(folder.names(in: "../outside") == [])
        }
    }

    @Test("a directory fails that one callback, and others go on")
    func directory() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("other"))
            try folder.makeDirectory(Self.name)
            for _ in 0..<2 {
                let results = ledger.commit(.test("before"), .test(), .test("after"))
                #expect(results.map { $0.error == nil } == [true, false, true])
                #expect(results[1].error?.errno == EISDIR)
            }
            try folder.removeItem(Self.name)
            #expect(ledger.commit(.test()).map(\.change) == [.created])
        }
    }

    /// Found by this test: the directory stopped every callback until somebody removed it.
    @Test(
        "a directory in the place of a record stops neither recovery nor the closing of a gap",
        arguments: [true, false])
    func directoryInRecovery(_ isRecovery: Bool) throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("abc-123", "Pending"), .test("other"))
            try folder.removeItem(Self.name)
            try folder.makeDirectory("\(Self.name)/full")
            let line = folder.line(JournalEntry(.delivery(.test()), updates: true))
            try folder.append(line, to: "journal/000000000001-20261122.jsonl")
            if isRecovery { try folder.removeItem("journal/.lock") }
            #expect(ledger.commit(.test("next")).map(\.change) == [.created])
            #expect(folder.exists("\(Self.name)/full"))

            try folder.removeItem(Self.name)
            try folder.removeItem("journal/.lock")
            try folder.ledger().prepare()
            #expect(folder.record(Self.name)?.deliveries.count == 2)
        }
    }

    @Test("a link in the place of a directory is not followed", arguments: ["transactions", "rejected", "journal"])
    func linkedDirectory(_ directory: String) throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("other"))
            #expect(rename(folder.path(of: directory), "\(folder.parent)/kept") == 0)
            try folder.makeDirectory("../outside")
            try folder.link(directory, to: "\(folder.parent)/outside")
            #expect(folder.ledger().commit(.test()).first?.error != nil)
            #expect(folder.names(in: "../outside") == [])

            try folder.removeItem(directory)
            #expect(rename("\(folder.parent)/kept", folder.path(of: directory)) == 0)
            #expect(folder.ledger().commit(.test()).map(\.change) == [.created])
        }
    }

    @Test(
        "a link in the place of a journal file or of the lock is not followed",
        arguments: [
            "journal/000000000001-20261122.jsonl", "journal/.lock", "journal/.note",
        ])
    func linkedJournal(_ name: String) throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("other"))
            #expect(rename(folder.path(of: name), "\(folder.parent)/kept") == 0)
            try folder.link(name, to: "\(folder.parent)/kept")
            let before = folder.bytes("../kept")
            #expect(folder.ledger().commit(.test()).first?.error?.errno == ELOOP)
            #expect(folder.bytes("../kept") == before)
            #expect(rename("\(folder.parent)/kept", folder.path(of: name)) == 0)
        }
    }

    @Test("a half-written temporary file is not in the way")
    func temporaryFile() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("other"))
            for directory in ["transactions", "rejected"] { try folder.write([1], to: "\(directory)/.new") }
            #expect(ledger.commit(.test("other", text: "again"), .test(body: [1])).map(\.error) == [nil, nil])
        }
    }

    @Test("a damaged record is rebuilt by the next delivery", arguments: RecoveryTests.Harm.allCases)
    func damaged(_ harm: RecoveryTests.Harm) throws {
        // A record that is missing, or whole but older, cannot be told from a right one without reading the journal.
        guard ![.missing, .olderVersion].contains(harm) else { return }
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("abc-123", "Pending"), .test(), .test("other"))
            try ledger.moveCheckpoint()
            try harm.befall(Self.name, in: folder)
            #expect(ledger.commit(.test("abc-123", "Gagal"), .test()).map(\.change) == [.updated, .duplicate])
            #expect(folder.record(Self.name)?.deliveries.map(\.count) == [1, 2, 1])
            if folder.exists("elsewhere.json") { try folder.removeItem("elsewhere.json") }
        }
    }
}

extension DataFolder {
    fileprivate func removeItemIfPresent(_ name: String) throws {
        if exists(name) { try removeItem(name) }
    }
}
