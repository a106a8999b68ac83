import TestSupport
import Testing

@testable import Journal
@testable import Ledger
@testable import System

@Suite("Where a new cursor begins")
struct CursorStartTests {
    private func start(_ folder: DataFolder, _ name: String = "shop") throws -> CursorStart {
        try #require(CursorStart(path: folder.path, cursor: name))
    }

    @Test("is the first entry, where the first callback finds no directory yet")
    func nothing() throws {
        try withDataFolder { folder in
            let start = try start(folder)
            #expect(try !start.hasCursor && start.position() == nil && !start.isFollowed())
            try start.note(with: folder.ledger())
            #expect(try start.position() == .first)
            #expect(folder.mode(".cursors") == 0o750)
            #expect(folder.mode(".cursors/.shop.json.start") == 0o640)
        }
    }

    @Test("is behind what was there before, and stays where it is")
    func behind() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"), .test("b"))
            let start = try start(folder)
            try start.note(with: folder.ledger())
            #expect(try start.position() == .test(3))
            _ = ledger.commit(.test("c"))
            try start.note(with: folder.ledger())
            #expect(try start.position() == .test(3))
        }
    }

    @Test("is written down no more, and forgotten, once there is a cursor")
    func cursor() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            let start = try start(folder)
            try start.note(with: ledger)
            let file = try #require(try CursorFile(path: folder.path, name: "shop"))
            #expect(try start.isFollowed() && !start.hasCursor)
            try file.move(to: Cursor(readUpTo: .test(2)))
            #expect(start.hasCursor)
            try start.forget()
            #expect(try start.position() == nil)
            try start.note(with: ledger)
            #expect(try start.position() == nil)
            let isFollowed = try withExtendedLifetime(file) { try start.isFollowed() }
            #expect(isFollowed)
        }
    }

    @Test("is another for another name, and for none of a name that no cursor can have")
    func names() throws {
        try withDataFolder { folder in
            try start(folder, "a/b").note(with: folder.ledger())
            #expect(folder.names(in: ".cursors") == [".a%2Fb.json.start"])
            #expect(CursorStart(path: folder.path, cursor: String(repeating: "x", count: 200)) == nil)
        }
    }

    @Test("is taken as not written where its writer died before it had written")
    func torn() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            _ = ledger.commit(.test("a"))
            try folder.makeDirectory(".cursors")
            try folder.write([], to: ".cursors/.shop.json.start")
            let start = try start(folder)
            #expect(try start.position() == nil)
            try start.note(with: ledger)
            #expect(try start.position() == .test(2))
        }
    }

    @Test("is not behind the entry of any of many handlers that answer at once", arguments: 0..<20)
    func race(round: Int) throws {
        try withDataFolder { folder in
            let path = folder.path
            let begins = Locked<[Position]>([])
            concurrently(6) { index in
                let start = CursorStart(path: path, cursor: "shop")
                let ledger = Ledger(path: path)
                try? start?.note(with: ledger)
                // An entry that was committed before anybody had written it down would be told to nobody.
                guard let position = try? start?.position() else { return }
                #expect(ledger.commit([.test("trx-\(index)")]).outcomes.allSatisfy { $0.change == .created })
                begins.withLock { $0.append(position) }
            }
            #expect(begins.withLock { $0 } == Array(repeating: .first, count: 6))
        }
    }
}
