import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("Following the journal")
struct JournalFollowerTests {
    /// `trxid result` of every change from a position on.
    private func changes(_ folder: DataFolder, from start: Position? = nil) throws -> [String] {
        let follower = try JournalFollower(path: folder.path)
        guard let end = try follower.acknowledgedEnd() else { return [] }
        var found: [String] = []
        var start = start
        while let piece = try follower.changes(from: start, upTo: end) {
            found += piece.changes.map { "\($0.record.callback.trxid ?? "") \($0.change)" }
            start = piece.next
        }
        return found
    }

    @Test("tells what each entry did to its record")
    func results() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit([.expecting("a"), .expecting("a")])
            ledger.commit("a", "Pending", "Success", "Pending")
            _ = ledger.commit(.test(body: [1]))
            ledger.commit("b", "Success", "Success")
            let seen = try changes(folder)
            #expect(
                seen == ["a created", "a updated", "a updated", "a duplicate", "b created", "b duplicate"])
        }
    }

    @Test("tells a repeat of what a record does not keep, and every first copy as what it was")
    func omitted() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            for start in stride(from: 0, to: 100, by: 50) {
                _ = ledger.commit((start..<(start + 50)).map { .test("a", text: "\($0)") })
            }
            _ = ledger.commit([.test("a", text: "40"), .test("a", "Gagal"), .test("a", text: "50")])
            let seen = try changes(folder)
            #expect(seen.filter { $0 == "a duplicate" }.count == 2)
            #expect(Array(seen.prefix(100)) == ["a created"] + [String](repeating: "a updated", count: 99))
            #expect(seen.suffix(3) == ["a duplicate", "a updated", "a duplicate"])
            #expect(folder.record("transactions/a.json")?.status == .failed)
        }
    }

    @Test("tells of an older import with the status that stands")
    func imported() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a", "Refund", at: .test(66)))
            _ = folder.ledger().commit(.imported("a", "Success", at: .test(51)))
            let follower = try JournalFollower(path: folder.path)
            let end = try #require(try follower.acknowledgedEnd())
            let piece = try #require(try follower.changes(from: nil, upTo: end))
            #expect(piece.changes.map(\.record.status) == [.refunded, .refunded])
            #expect(piece.changes.map(\.change) == [.created, .updated])
        }
    }

    @Test("goes on in the next journal file, and leaves out what was given up")
    func files() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.beginJournalFile()
            try folder.beginJournalFile()
            folder.ledger().commit("b", "Success")
            try folder.abandonJournalFile()
            let last = try #require(folder.journalFiles.last)
            try folder.append(folder.line(JournalEntry(.delivery(.test("x")))), to: last)
            folder.ledger().commit("c", "Success")
            #expect(try changes(folder) == ["a created", "b created", "c created"])
            #expect(
                try changes(folder, from: .test(2)) == [
                    "b created", "c created",
                ])
        }
    }

    @Test(
        "tells which deliveries set or confirmed the status that stood then",
        arguments: [
            (["Pending", "Success"], [true, true]), (["Success", "Pending"], [true, false]),
            (["Success", "Gagal", "Refund"], [true, true, true]), (["Success", "Success"], [true, false]),
            (["Pending", "Gagal", "Bingung"], [true, true, false]), (["Bingung", "Pending"], [true, true]),
        ] as [([String], [Bool])])
    func setting(statuses: [String], sets: [Bool]) throws {
        try withDataFolder { folder in
            for (second, status) in statuses.enumerated() {
                _ = folder.ledger().commit(.test("a", status, at: .test(second)))
            }
            // An equal body, but for its time, is a repeat.
            let follower = try JournalFollower(path: folder.path)
            let end = try #require(try follower.acknowledgedEnd())
            let piece = try #require(try follower.changes(from: nil, upTo: end))
            #expect(piece.changes.map(\.setsStatus) == sets)
        }
    }

    @Test("tells of another text with the same status, and not of an older import")
    func confirming() throws {
        try withDataFolder { folder in
            _ = folder.ledger().commit(.test("a", "Success", text: "one", at: .test(66)))
            _ = folder.ledger().commit(.test("a", "Success", text: "two", at: .test(67)))
            _ = folder.ledger().commit(.imported("a", "Gagal", at: .test(51)))
            _ = folder.ledger().commit(.imported("a", "Refund", at: .test(99)))
            _ = folder.ledger().commit([.expecting("b")])
            let follower = try JournalFollower(path: folder.path)
            let end = try #require(try follower.acknowledgedEnd())
            let piece = try #require(try follower.changes(from: nil, upTo: end))
            #expect(piece.changes.map(\.setsStatus) == [true, true, false, true, false])
        }
    }

    @Test("tells nothing that is not acknowledged")
    func acknowledged() throws {
        try withDataFolder { folder in
            folder.ledger().commit("a", "Success")
            try folder.append(folder.line(JournalEntry(.delivery(.test("b")))), to: folder.journalFiles[0])
            #expect(try changes(folder) == ["a created"])
            try folder.ledger().prepare()
            #expect(try changes(folder) == ["a created", "b created"])
        }
    }

    @Test("tells that journal files are gone, and what an archived record is now")
    func gap() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Pending", "Success")
            try folder.beginJournalFile()
            folder.ledger().commit("b", "Success")
            try folder.archive()
            let follower = try JournalFollower(path: folder.path)
            let end = try #require(try follower.acknowledgedEnd())
            let piece = try #require(try follower.changes(from: .test(1), upTo: end))
            #expect(piece.isGap)
            #expect(piece.changes.map(\.record.callback.trxid) == ["b"])
            #expect(try follower.change(at: .test(1)) == nil)
            #expect(try follower.change(at: .test(3))?.record.status == .success)
        }
    }
}

@Suite("A cursor")
struct CursorTests {
    private func mark(_ number: Int) -> EntryMark {
        EntryMark(position: Position(number), checksum: UInt32(number), time: .test(number))
    }

    @Test("keeps its place, one process at a time")
    func keeps() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            let cursor = Cursor(
                readUpTo: .test(900), unfinished: [.test(3), .test(70)], waitingFrom: .test(2),
                marks: [mark(4), mark(9)])
            do {
                let file = try #require(try CursorFile(path: folder.path, name: "../shop"))
                #expect(file.cursor == nil)
                try file.move(to: cursor)
                #expect(throws: LedgerError.inUse(path: ".cursors/%2E.%2Fshop.json")) {
                    _ = try CursorFile(path: folder.path, name: "../shop", patience: 0)
                }
                file.release()
                #expect(try CursorFile(path: folder.path, name: "../shop", patience: 0) != nil)
            }
            #expect(try CursorFile(path: folder.path, name: "../shop")?.cursor == cursor)
            #expect(cursor.position == .test(2))
            try folder.write([], to: ".cursors/%2E.%2Fshop.json")
        }
    }

    @Test("of an earlier version has no marks")
    func earlier() {
        let cursor = Cursor(bytes: Array(#"{"position":3,"readUpTo":9,"unfinished":[3]}"#.utf8))
        #expect(cursor == Cursor(readUpTo: Position(9), unfinished: [Position(3)]))
    }

    @Test("keeps few marks, the newest and some at each distance, and never loses the way back")
    func marks() {
        var cursor = Cursor(readUpTo: .first)
        var most = 0
        for number in 1...20_000 {
            cursor.marks = cursor.marks(with: mark(number))
            most = max(most, cursor.marks.count)
            if number > 64 {
                // However far somebody goes back, a mark lies not much further.
                for distance in [1, 8, 50] {
                    #expect(
                        cursor.marks.contains {
                            (number - 4 * distance...number - distance).contains($0.position.number)
                        })
                }
            }
        }
        #expect(most <= 40)
        #expect(cursor.marks.last == mark(20_000) && cursor.marks == cursor.marks.sorted { $0.position < $1.position })
    }

    @Test("that is damaged is not taken for a new one")
    func damaged() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            try folder.makeDirectory(".cursors")
            try folder.write([], to: ".cursors/shop.json")
            #expect(throws: LedgerError.damaged(path: ".cursors/shop.json")) {
                _ = try CursorFile(path: folder.path, name: "shop")
            }
        }
    }

    @Test("has a name that makes a file name", arguments: ["", String(repeating: "ü", count: 40)])
    func name(_ name: String) {
        #expect(CursorFile.fileName(name) == nil)
    }

    @Test("has what waits on the disk, and of each entry what was noted last")
    func waiting() throws {
        try withDataFolder(isChecked: false) { folder in
            folder.ledger().commit("a", "Success")
            let file = try #require(try CursorFile(path: folder.path, name: "shop"))
            let name = try #require(RecordName(trxid: "a"))
            func entry(_ tries: Int) -> WaitingEntry {
                WaitingEntry(lane: name.lane, tries: tries, since: .test(1), next: .test(tries), isAsked: tries == 2)
            }
            let waiting = try file.waiting()
            waiting.set(Position(1), entry(1), name: name, answer: "answered 500")
            waiting.set(Position(2), entry(0), name: name, answer: nil)
            waiting.set(Position(1), entry(2), name: name, answer: "answered 503")
            try waiting.flush()
            let path = ".cursors/shop.waiting.jsonl"
            let length = try #require(folder.bytes(path)).count
            // A write that was cut off counts for nothing, and the next one takes its place.
            try folder.append(Array(#"{"n":1,"done":tr"#.utf8), to: path)
            let again = try file.waiting()
            #expect(again.entries == [Position(1): entry(2), Position(2): entry(0)])
            again.remove(Position(2))
            try again.flush()
            let text = String(decoding: try #require(folder.bytes(path)).dropFirst(length), as: UTF8.self)
            #expect(text == "{\"n\":2,\"done\":true}\n")
            for tries in 3..<3_000 {
                again.set(Position(1), entry(tries), name: name, answer: "x")
                if tries % 300 == 0 { try again.flush() }
            }
            try again.flush()
            #expect(try #require(folder.bytes(path)).count < 300_000)
            #expect(try file.waiting().entries == [Position(1): entry(2_999)])
            again.remove(Position(1))
            try again.flush()
            #expect(try file.waiting().entries.isEmpty)
        }
    }
}
