import KHOINS
import TestSupport
import Testing

@testable import Ledger

@Suite("An archive run that was cut off")
struct ArchiveCrashTests {
    /// Where a run can be cut off, as what it leaves behind.
    enum Cut: CaseIterable {
        case directoryMade, fileMade, lineTorn, pagesLost, linesAppended, indexHalfWritten, indexPublished, someRemoved
    }

    @Test("loses nothing, and doubles nothing when it is repeated", arguments: Cut.allCases)
    func cutOff(_ cut: Cut) throws {
        try withDataFolder(isChecked: false) { folder in
            let trxids = ["a", "b", "c"]
            for trxid in trxids { folder.ledger().commit(trxid, "Pending", "Success") }
            let live = folder.recordFiles
            try folder.archive()
            let lines = try #require(folder.bytes("archive/2026-11.jsonl"))
            let index = try #require(folder.bytes("archive/.index"))
            // Back to before, then on to the point.
            for (path, bytes) in live { try folder.write(bytes, to: path) }
            for name in folder.names(in: "archive") where !name.hasPrefix(".lock") {
                try folder.removeItem("archive/\(name)")
            }
            switch cut {
            case .directoryMade: break
            case .fileMade: try folder.write([], to: "archive/2026-11.jsonl")
            case .lineTorn: try folder.write(lines.dropLast(40), to: "archive/2026-11.jsonl")
            case .pagesLost:
                var holed = lines
                for index in 10..<(lines.count / 2) { holed[index] = 0 }
                try folder.write(holed, to: "archive/2026-11.jsonl")
            case .linesAppended: try folder.write(lines, to: "archive/2026-11.jsonl")
            case .indexHalfWritten:
                try folder.write(lines, to: "archive/2026-11.jsonl")
                try folder.write(index.dropLast(20), to: "archive/.index.new")
            case .indexPublished, .someRemoved:
                try folder.write(lines, to: "archive/2026-11.jsonl")
                try folder.write(index, to: "archive/.index")
                if cut == .someRemoved { try folder.removeItem("transactions/b.json") }
            }
            for trxid in trxids { #expect(try folder.found(trxid)?.json == live["transactions/\(trxid).json"]) }
            if cut != .pagesLost { #expect(try folder.findings().filter { $0.kind != .archive } == []) }
            let summary = try folder.archive()
            #expect(summary.records == (cut == .someRemoved ? 2 : 3))
            #expect(try folder.archivedNames().sorted() == trxids)
            for trxid in trxids {
                #expect(!folder.isLive(trxid))
                #expect(try folder.found(trxid)?.json == live["transactions/\(trxid).json"])
            }
            if cut != .pagesLost { #expect(try folder.findings() == []) }
            #expect(folder.names(in: "archive").filter { $0.hasSuffix(".new") } == [])
        }
    }

    @Test("does not remove a record that a callback changes meanwhile")
    func changesMeanwhile() throws {
        try withDataFolder(isChecked: false) { folder in
            let ledger = folder.ledger()
            for number in 0..<600 { ledger.commit("n\(number)", "Success") }
            var isFirst = true
            // Between the reading of the first records and the removal of any.
            let summary = try folder.ledger().archive(olderThan: .test(1_000_000)) { done, _ in
                if isFirst, done > 0 { for number in 0..<600 { ledger.commit("n\(number)", "Gagal") } }
                isFirst = isFirst && done == 0
            }
            #expect(summary.records < 600)
            for number in 0..<600 { #expect(try folder.found("n\(number)")?.status == .failed) }
            #expect(try folder.findings() == [])
        }
    }

    @Test("behind what an index covers is copied, not appended to")
    func copies() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.archive()
            let whole = try #require(folder.bytes("archive/2026-11.jsonl"))
            try folder.append(Array("{\"crc\":\"torn".utf8), to: "archive/2026-11.jsonl")
            #expect(try folder.findings() == [])
            let before = folder.inode("archive/2026-11.jsonl")
            try folder.archive()
            #expect(folder.bytes("archive/2026-11.jsonl") == whole)
            #expect(folder.inode("archive/2026-11.jsonl") != before)
        }
    }

    @Test("leaves damage in the middle for verify to report, and every other line to be found")
    func damage() throws {
        try withDataFolder(isChecked: false) { folder in
            for trxid in ["a", "b", "c"] { folder.ledger().commit(trxid, "Success") }
            try folder.archive()
            let text = try #require(folder.text("archive/2026-11.jsonl"))
            try folder.write(text.replacing(#""trxid":"b""#, with: #""trxid":"x""#).utf8, to: "archive/2026-11.jsonl")
            #expect(try folder.findings().map(\.kind).contains(.archive))
            #expect(try ["a", "b", "c"].map { try folder.found($0) != nil } == [true, false, true])
            // A new line that was lost hides no line either.
            try folder.write(text.replacing("}\n{", with: "} {", maxReplacements: 1).utf8, to: "archive/2026-11.jsonl")
            #expect(try ["b", "c", "a"].filter { try folder.found($0) != nil }.count == 2)
        }
    }
}
