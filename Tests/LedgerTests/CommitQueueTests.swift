import Glibc
import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

@Suite("The commit queue")
struct CommitQueueTests {
    @Test("answers every thread with its own outcome, and files everything", arguments: [1, 4, 32])
    func threads(_ count: Int) throws {
        try withDataFolder { folder in
            let queue = CommitQueue(folder.ledger())
            let shared = Locked<[Change: Int]>([:])
            concurrently(count) { thread in
                for index in 0..<8 {
                    let trxid = "KH-\(thread)-\(index)"
                    let expected = Outcome.filed(trxid: trxid, memberid: nil, change: .created)
                    #expect(queue.commit(.test(trxid)) == .success(expected))
                    // Acknowledged means that everybody can read it by now.
                    #expect(folder.record("transactions/\(trxid).json")?.status == .success)
                    if let change = queue.commit(.test("all", text: "\(index)")).change {
                        shared.withLock { $0[change, default: 0] += 1 }
                    }
                    let rejected = queue.commit(Submission(.test(body: [UInt8(thread), UInt8(index)])))
                    if case .success(.rejected) = rejected { continue }
                    Issue.record("\(rejected)")
                }
            }
            #expect(
                shared.withLock { $0 } == [.created: 1, .updated: 7, .duplicate: (count - 1) * 8].filter { $1 > 0 })
            #expect(folder.names(in: "transactions").count == count * 8 + 1)
            #expect(folder.names(in: "rejected").count == count * 8)
        }
    }

    @Test("works beside another one, and beside programs that come and go")
    func processes() throws {
        try withDataFolder { folder in
            let queues = [CommitQueue(folder.ledger()), CommitQueue(folder.ledger())]
            concurrently(12) { thread in
                for index in 0..<6 {
                    let submission = Submission.test("KH-\(index)", text: "\(thread)")
                    let result =
                        thread % 3 == 2
                        ? folder.ledger().commit([submission]).outcomes[0] : queues[thread % 3].commit(submission)
                    #expect(result.change == .created || result.change == .updated)
                }
            }
            for index in 0..<6 {
                #expect(folder.record("transactions/KH-\(index).json")?.deliveries.count == 12)
            }
        }
    }

    @Test("passes a failure on to all whom it concerns, and works again after it")
    func failure() throws {
        try withDataFolder { folder in
            let queue = CommitQueue(Ledger(path: "\(folder.path)/inner"))
            concurrently(8) { thread in
                #expect(queue.commit(.test("KH-\(thread)")).error?.explanation.contains("cannot be made in") == true)
            }
            try folder.makeDirectory("")
            concurrently(8) { thread in
                #expect(queue.commit(.test("KH-\(thread)")).change == .created)
            }
            try folder.removeItem("")
        }
    }

    @Test("takes a body of the greatest depth on the stack that its threads have", arguments: [true, false])
    func depth(isObject: Bool) throws {
        try withDataFolder { folder in
            let queue = CommitQueue(folder.ledger())
            let depth = JSONParser.maximumDepth - 1
            let nested =
                String(repeating: isObject ? #"{"x":"# : "[", count: depth) + "1"
                + String(repeating: isObject ? "}" : "]", count: depth)
            let inner = #"{\"status\":\"Success\",\"x\":\#(nested.replacing("\"", with: "\\\""))}"#
            let body = Array(#"{"x":\#(nested),"refid":"D-1","message":"\#(inner)"}"#.utf8)
            #expect(queue.commit(Submission(.test(body: body))).change == .created)
            #expect(folder.record("transactions/D-1.json")?.status == .success)
            // Recovery reads it too, on the threads that it has.
            try folder.forgetMount()
            #expect(CommitQueue(folder.ledger()).commit(.test("D-2")).change == .created)
        }
    }

    @Test("asks its own leader whether something could be stored")
    func probe() throws {
        try withDataFolder { folder in
            let queue = CommitQueue(folder.ledger())
            #expect(queue.probe() == nil)
            try folder.makeDirectory("journal/.probe")
            concurrently(4) { _ in #expect(queue.probe()?.errno == EISDIR) }
            try folder.removeItem("journal/.probe")
            concurrently(4) { thread in
                #expect(queue.probe() == nil)
                #expect(queue.commit(.test("KH-\(thread)")).change == .created)
            }
        }
    }

    @Test("tells everybody before it goes on to anything else")
    func order() throws {
        try withDataFolder { folder in
            let order = Locked<[String]>([])
            let isTold = Semaphore()
            let queue = CommitQueue(folder.ledger()) { batch, _ in
                order.withLock { $0.append("log") }
                isTold.post()
            }
            queue.submit(.test("a")) { _ in order.withLock { $0.append("answer") } }
            queue.flush()
            isTold.wait()
            #expect(order.withLock { $0 } == ["answer", "log"])
        }
    }

    @Test("says when a checkpoint is due")
    func checkpoint() throws {
        try withDataFolder { folder in
            let count = Locked(0)
            // It is told of after the answers.
            let isTold = Semaphore()
            let queue = CommitQueue(folder.ledger()) { _, commit in
                if commit.isCheckpointDue { count.withLock { $0 += 1 } }
                isTold.post()
            }
            _ = queue.commit(.test("a"))
            isTold.wait()
            #expect(count.withLock { $0 } == 0)
            let large = [UInt8](repeating: UInt8(ascii: "x"), count: JournalFile.maximumLength / 2)
            _ = queue.commit(Submission(.test(body: large)))
            isTold.wait()
            #expect(count.withLock { $0 } == 1)
        }
    }
}

extension CommitQueue {
    /// Commits a submission together with others; returns when it is durable and in its record, or has failed.
    fileprivate func commit(_ submission: Submission) -> CommitResult {
        let outcome = Locked<CommitResult>(.failure(.lockTimedOut(seconds: 0)))
        let isDone = Semaphore()
        submit(submission) { result in
            outcome.withLock { $0 = result }
            isDone.post()
        }
        flush()
        isDone.wait()
        return outcome.withLock { $0 }
    }
}
