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

    /// Commits deliveries in batches, as a crowded service does.
    ///
    /// - Returns: Seconds of this thread's processor time for each batch; waiting for disks and for others is not in it.
    private func commit(_ count: Int, batch: Int, to ledger: Ledger, trxid: (Int) -> String) -> [Double] {
        stride(from: 0, to: count, by: batch).map { first in
            let submissions = (first..<(first + batch)).map { submission($0, trxid: trxid($0)) }
            let begin = threadTime
            let commit = ledger.commit(submissions)
            #expect(commit.outcomes.allSatisfy { (try? $0.get()) != nil })
            return threadTime - begin
        }
    }

    private var threadTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// The middle one of the costs of the deliveries in a range.
    private func median(_ costs: [Double], _ range: Range<Int>, batch: Int) -> Double {
        let part = costs[(range.lowerBound / batch)..<(range.upperBound / batch)].sorted()
        return part[part.count / 2]
    }

    @Test("is the same for the ten-thousandth body of one trxid as for the hundredth, and its record stays small")
    func manyBodies() throws {
        // The journal's own check folds everything anew; one look at the end is enough.
        try withDataFolder(isChecked: false) { folder in
            let costs = commit(10_000, batch: 25, to: folder.ledger()) { _ in "KH-1" }
            let (early, late) = (median(costs, 100..<1100, batch: 25), median(costs, 9000..<10_000, batch: 25))
            #expect(late < 2 * early, "\(early) s, then \(late) s for a batch")
            let bytes = try #require(folder.bytes("transactions/KH-1.json"))
            #expect(bytes.count < 64 * 500)
            let record = try #require(Record(json: bytes))
            #expect(record.deliveries.count == Record.maximumDeliveries)
            #expect(record.omittedDeliveries == 10_000 - Record.maximumDeliveries)
            #expect(Integrity.findings(in: folder) == [])
        }
    }

    @Test("is the same for the twenty-thousandth trxid as for the thousandth")
    func manyIDs() throws {
        try withDataFolder(isChecked: false) { folder in
            let costs = commit(20_000, batch: 250, to: folder.ledger()) { "KH-\($0)" }
            let (early, late) = (median(costs, 1000..<3000, batch: 250), median(costs, 18_000..<20_000, batch: 250))
            #expect(late < 2 * early, "\(early) s, then \(late) s for a batch")
            #expect(folder.names(in: "transactions").count == 20_000)
        }
    }

    @Test("can be seen to grow by these means")
    func control() {
        let costs = (1...400).map { count in
            let begin = threadTime
            for _ in 0..<count { _ = Timestamp(microseconds: Self.start).iso8601() }
            return threadTime - begin
        }
        #expect(median(costs, 9000..<10_000, batch: 25) > 2 * median(costs, 100..<1100, batch: 25))
    }
}
