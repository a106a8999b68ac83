import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("Verifying before the next start, after a process was killed that could not acknowledge its batch")
struct UnacknowledgedTests {
    private static let note = "journal/.note"

    /// Leaves a batch that is in the journal and in its records, behind the end that the note tells.
    private func killInBatch(in folder: DataFolder) throws {
        let ledger = folder.ledger()
        _ = ledger.commit(.test("KH-1"))
        let note = try #require(folder.bytes(Self.note))
        _ = ledger.commit(.test("KH-1", "Refund"), .test("KH-2"))
        try folder.write(note, to: Self.note)
        let end = try #require(
            try Journal(in: try Directory(openingPath: folder.path), making: false).state().acknowledged)
        #expect(end.number == 2)
    }

    private func findings(in folder: DataFolder) throws -> [String] {
        try Verifier(path: folder.path).findings().map { "\($0.path): \($0.kind.rawValue)" }
    }

    @Test("finds nothing, and the next process takes the batch over")
    func order() throws {
        try withDataFolder { folder in
            try killInBatch(in: folder)
            #expect(try findings(in: folder) == [])
            _ = folder.ledger().commit(.test("KH-3"))
            #expect(folder.recordFiles.count == 3)
        }
    }

    @Test("finds what neither these entries explain")
    func faults() throws {
        try withDataFolder(isChecked: false) { folder in
            try killInBatch(in: folder)
            let (old, new) = ("transactions/KH-1.json", "transactions/KH-2.json")
            try folder.write((folder.text(old) ?? "").replacing("Refund", with: "Gagal").utf8, to: old)
            try folder.write((folder.text(new) ?? "").replacing("Success", with: "Gagal").utf8, to: new)
            #expect(try findings(in: folder) == ["\(old): unknown", "\(new): unknown"])
        }
    }
}
