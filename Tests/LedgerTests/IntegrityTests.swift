import TestSupport
import Testing

@testable import Journal
@testable import Ledger

/// The check that ends every other test must itself be able to fail.
@Suite("The integrity check")
struct IntegrityTests {
    @Test("finds nothing in a directory that is in order")
    func order() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test(), .test("KH-9001", "Gagal"), .test(body: Array("no callback".utf8)))
            #expect(folder.recordFiles.count == 3)
            #expect(Integrity.findings(in: folder) == [])
        }
    }

    enum Fault: String, CaseIterable {
        case recordMissing = "transactions/abc-123.json: missing"
        case recordEdited = "transactions/abc-123.json: differs from its entries"
        case recordOfNobody = "transactions/other.json: no entry is about it"
        case temporaryFile = "transactions/.new: left over"
        case tornTail = "journal/000000000001-20261122.jsonl:189: 5 damaged bytes"
        case unacknowledged = "journal: acknowledged up to 189 only"
        case mode = "transactions/abc-123.json: mode"
        case noNote = "journal: no commit note"

        func inflict(on folder: DataFolder) throws {
            let record = "transactions/abc-123.json"
            switch self {
            case .recordMissing: try folder.removeItem(record)
            case .recordEdited:
                try folder.write((folder.text(record) ?? "").replacing("Success", with: "Gagal").utf8, to: record)
            case .recordOfNobody: try folder.write(folder.bytes(record) ?? [], to: "transactions/other.json")
            case .temporaryFile: try folder.write([], to: "transactions/.new")
            case .tornTail:
                try folder.append(Array(#"{"crc"#.utf8.prefix(5)), to: "journal/000000000001-20261122.jsonl")
            case .unacknowledged:
                let line = folder.line(JournalEntry(.delivery(.test("KH-9001"))))
                try folder.append(line, to: "journal/000000000001-20261122.jsonl")
            case .mode: try folder.setMode(0o600, of: record)
            case .noNote: try folder.removeItem("journal/.note")
            }
        }
    }

    @Test("names each fault", arguments: Fault.allCases)
    func faults(_ fault: Fault) throws {
        try withDataFolder(isChecked: false) { folder in
            _ = folder.ledger().commit(.test())
            try fault.inflict(on: folder)
            #expect(Integrity.findings(in: folder).contains(fault.rawValue))
        }
    }
}
