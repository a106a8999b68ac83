import Glibc
import KHOINS
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger

@Suite("The cost of a delivery")
struct ConstantCostTests {
    private static let start: Int64 = 1_795_000_000_000_000

    private func submission(_ number: Int, trxid: String) -> Submission {
        let body = #"{"refid":"\#(trxid)","message":"{\"status\":\"Success\",\"message\":\"x \#(number)\"}"}"#
        return Submission(
            Delivery(
                body: Array(body.utf8), receivedAt: Timestamp(microseconds: Self.start + Int64(number) * 1000),
                remoteAddress: "192.0.2.1"))
    }

    private static let pairs = 40

    /// Commits deliveries, as a crowded service does.
    ///
    /// - Returns: Seconds of this thread's processor time for each batch; waiting for disks and for others is not in it.
    @discardableResult
    private func commit(
        _ numbers: Range<Int>, batch: Int, to ledger: Ledger, trxid: (Int) -> String
    ) -> [Double] {
        stride(from: numbers.lowerBound, to: numbers.upperBound, by: batch).map { first in
            let submissions = (first..<(first + batch)).map { submission($0, trxid: trxid($0)) }
            return time {
                let commit = ledger.commit(submissions)
                #expect(commit.outcomes.allSatisfy { (try? $0.get()) != nil })
            }
        }
    }

    /// Seconds of this thread's processor time.
    private func time(_ work: () -> Void) -> Double {
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        let begin = now()
        work()
        return now() - begin
    }

    /// How many times as much a batch costs in a grown directory as in a young one: the middle one of many pairs. Both of
    /// a pair run one after the other, so that a machine which is slow for a while is slow for both.
    private func ratio(
        _ batch: Int, young: Int, grown: Int, trxid: (Int) -> String, check: (DataFolder) throws -> Void
    ) throws -> Double {
        try withDataFolder(isChecked: false) { youngFolder in
            try withDataFolder(isChecked: false) { grownFolder in
                let ledgers = (young: youngFolder.ledger(), grown: grownFolder.ledger())
                commit(0..<young, batch: batch, to: ledgers.young, trxid: trxid)
                commit(0..<grown, batch: batch, to: ledgers.grown, trxid: trxid)
                let ratios = (0..<Self.pairs).flatMap { pair in
                    let first = pair * batch
                    let costs = (
                        young: commit(
                            (young + first)..<(young + first + batch), batch: batch, to: ledgers.young, trxid: trxid),
                        grown: commit(
                            (grown + first)..<(grown + first + batch), batch: batch, to: ledgers.grown, trxid: trxid)
                    )
                    return zip(costs.grown, costs.young).map { $0 / $1 }
                }
                try check(grownFolder)
                return median(ratios)
            }
        }
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    @Test("is the same for the ten-thousandth body of one trxid as for the hundredth, and its record stays small")
    func manyBodies() throws {
        // The journal's own check folds everything anew; one look at the end is enough.
        let ratio = try ratio(25, young: 100, grown: 9_000) { _ in
            "KH-1"
        } check: { folder in
            let bytes = try #require(folder.bytes("transactions/KH-1.json"))
            #expect(bytes.count < 64 * 500)
            let record = try #require(Record(json: bytes))
            #expect(record.deliveries.count == Record.maximumDeliveries)
            #expect(record.omittedDeliveries == 10_000 - Record.maximumDeliveries)
            #expect(Integrity.findings(in: folder) == [])
        }
        #expect(ratio < 2)
    }

    @Test("is the same for the twenty-thousandth trxid as for the thousandth")
    func manyIDs() throws {
        let ratio = try ratio(50, young: 1_000, grown: 18_000) {
            "KH-\($0)"
        } check: { folder in
            #expect(folder.names(in: "transactions").count == 20_000)
        }
        #expect(ratio < 2)
    }

    @Test("can be seen to grow by these means")
    func control() {
        func cost(_ count: Int) -> Double {
            time { for _ in 0..<count { _ = Timestamp(microseconds: Self.start).iso8601() } }
        }
        #expect(median((0..<Self.pairs).map { _ in cost(400) / cost(40) }) > 2)
    }
}
