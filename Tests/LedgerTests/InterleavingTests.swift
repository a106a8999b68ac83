import KHOINS
import TestSupport
import Testing

@testable import Journal
@testable import Ledger

@Suite("Records are the same however the work is split")
struct InterleavingTests {
    @Test("between ledgers, batches, checkpoints, restarts and deaths", arguments: 0..<12)
    func random(_ seed: Int) throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: UInt64(seed))
            var ledgers = (0..<3).map { _ in folder.ledger() }
            var model = Model()
            for _ in 0..<30 {
                let steps = (0..<Int.random(in: 1...5, using: &generator)).map { _ in RandomStep(using: &generator) }
                let index = Int.random(in: 0..<3, using: &generator)
                let expected = steps.map { $0.apply(to: &model) }
                let results = ledgers[index].commit(steps.map(\.submission)).outcomes
                #expect(results.map(\.change) == expected)
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: ledgers[index] = folder.ledger()
                case 1: try ledgers[index].moveCheckpoint()
                case 2: try folder.removeItem("journal/.lock")
                case 3:
                    try folder.removeItem("journal/.lock")
                    try loseNewestRecords(in: folder)
                case 4: try folder.beginJournalFile()
                default: break
                }
            }
            try folder.ledger().prepare()
            try compare(folder, with: model)
        }
    }

    /// A power cut may take any record since the checkpoint.
    private func loseNewestRecords(in folder: DataFolder) throws {
        let checkpoint = try folder.journal().state().checkpoint
        for name in folder.names(in: "transactions") {
            let applied = folder.record("transactions/\(name)")?.appliedUpTo
            if let applied, checkpoint.map({ applied >= $0 }) ?? true {
                try folder.write([], to: "transactions/\(name)")
            }
        }
    }

    @Test("of two processes that take turns")
    func turns() throws {
        try withDataFolder { folder in
            let ledgers = [folder.ledger(), folder.ledger()]
            for index in 0..<20 {
                let changes = ledgers[index % 2].commit(.test("a"), .test("KH-\(index)")).map(\.change)
                #expect(changes == [index == 0 ? .created : .duplicate, .created])
            }
        }
    }

    private func compare(_ folder: DataFolder, with model: Model) throws {
        #expect(folder.names(in: "transactions") == model.entries.keys.sorted().map { "\($0).json" })
        for (trxid, expected) in model.entries {
            let record = try #require(folder.record("transactions/\(trxid).json"))
            #expect(Model.entry(record) == expected, "\(trxid)")
        }
    }
}

@Suite("A full replay from nothing")
struct ReplayTests {
    @Test("gives every file again, byte for byte", arguments: 0..<6)
    func replay(_ seed: Int) throws {
        try withDataFolder { folder in
            var generator = SeededGenerator(seed: UInt64(1_000 + seed))
            let ledger = folder.ledger()
            let memberText = #"{\"memberid\":\"m\",\"amount\":1,\"status\":\"Success\",\"message\":\"\"}"#
            for round in 0..<8 {
                var batch = (0..<6).map { _ in RandomStep(using: &generator).submission }
                batch.append(Submission(.test(body: [0xFF, UInt8(round)])))
                batch.append(Submission(.test(body: callbackBody(), declaredLength: 1_000 + round)))
                batch.append(Submission(.test(body: Array(#"{"memberid":"m","message":"\#(memberText)"}"#.utf8))))
                batch.append(.test("caf\u{E9}/\(round)", text: "e\u{301} 🧾 \u{0}"))
                _ = ledger.commit(batch)
                if round == 3 { try ledger.moveCheckpoint() }
                if round == 5 { try folder.beginJournalFile() }
            }
            let before = folder.recordFiles
            #expect(before.count > 24)
            for name in ["transactions", "topups", "rejected", "journal/.lock", "journal/.checkpoint"] {
                try folder.removeItem(name)
            }
            try folder.ledger().prepare()
            #expect(folder.recordFiles == before)
        }
    }

    @Test("of a record with more than 64 deliveries gives it again too")
    func manyDeliveries() throws {
        try withDataFolder { folder in
            let ledger = folder.ledger()
            for start in stride(from: 0, to: 90, by: 30) {
                _ = ledger.commit((start..<(start + 30)).map { .test("a", text: "\($0)") })
            }
            _ = ledger.commit([.test("a", text: "3"), .test("a", text: "89"), .test("a", "Gagal", text: "40")])
            let before = folder.recordFiles
            #expect(folder.record("transactions/a.json")?.omittedDeliveries == 27)
            for name in ["transactions", "journal/.lock"] { try folder.removeItem(name) }
            try folder.ledger().prepare()
            #expect(folder.recordFiles == before)
        }
    }
}
