import Cluster
import Journal
import Ledger
import TestSupport
import Testing

@Suite("Of several servers, one tells the shop")
struct FollowerLeaseTests {
    private static let second: Int64 = 1_000_000_000

    /// Always there; loses the answer to one transaction that changes something, if told to.
    private final class Link: EtcdStore {
        let etcd: MemoryEtcd
        var losesAnswer = false

        init(_ etcd: MemoryEtcd) { self.etcd = etcd }

        func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer {
            let answer = etcd.commit(transaction)
            if losesAnswer, answer.succeeded, !transaction.comparisons.isEmpty {
                losesAnswer = false
                throw EtcdFailure("lost")
            }
            return answer
        }

        func sizeInUse() throws(EtcdFailure) -> Int { 0 }
    }

    private let etcd = MemoryEtcd()
    private func lease(_ member: String, _ word: String, _ link: Link? = nil) -> FollowerLease {
        FollowerLease("shop", of: "x", member: member, word: word, store: link ?? Link(etcd))
    }

    private func cursor(_ number: Int, unfinished: [Int] = [], waitingFrom: Int? = nil) -> Cursor {
        Cursor(
            readUpTo: Position(number), unfinished: unfinished.map { Position($0) },
            waitingFrom: waitingFrom.map { Position($0) },
            marks: [EntryMark(position: Position(number), checksum: 1, time: .test())])
    }

    @Test("and no other as long as it says that it lives")
    func renewed() throws {
        let (first, second) = (lease("a", "1"), lease("b", "2"))
        #expect(try first.attempt(now: 0) == .held(nil))
        for time in 0..<120 {
            #expect(try second.attempt(now: Int64(time) * Self.second) == .other("a"))
            if time % 3 == 0 { #expect(try first.renew(time > 60 ? cursor(time) : nil)) }
        }
    }

    @Test("and when it is silent for 15 s another goes on where it stopped, with what it had not done")
    func silent() throws {
        let (first, second) = (lease("a", "1"), lease("b", "2"))
        #expect(try first.attempt(now: 0) == .held(nil))
        #expect(try first.renew(cursor(20, unfinished: [7, 9], waitingFrom: 7)))
        #expect(try second.attempt(now: 100 * Self.second) == .other("a"))
        #expect(try second.attempt(now: 114 * Self.second) == .other("a"))
        let taken = Cursor(readUpTo: Position(20), unfinished: [Position(7), Position(9)])
        #expect(try second.attempt(now: 115 * Self.second) == .held(taken))
        #expect(try !first.renew(cursor(30)))
        // Until it has said how far it is itself, the cursor is the first one's also for a third.
        let third = lease("c", "3")
        #expect(try third.attempt(now: 0) == .other("b"))
        #expect(try third.attempt(now: 15 * Self.second) == .held(taken))
    }

    @Test("and when it ends another goes on at once")
    func released() throws {
        let (first, second) = (lease("a", "1"), lease("b", "2"))
        #expect(try first.attempt(now: 0) == .held(nil))
        try first.release(cursor(5))
        #expect(try second.attempt(now: 0) == .held(Cursor(readUpTo: Position(5))))
        #expect(try second.renew(cursor(6)))
        #expect(try first.attempt(now: 0) == .other("b"))
    }

    @Test("and begun anew on the same server it goes by what lies there, which knows more")
    func sameServer() throws {
        let first = lease("a", "1")
        #expect(try first.attempt(now: 0) == .held(nil))
        #expect(try first.renew(cursor(5)))
        try first.release(cursor(5))
        #expect(try lease("a", "2").attempt(now: 0) == .held(nil))
    }

    @Test("also where answers are lost")
    func lostAnswers() throws {
        let link = Link(etcd)
        let first = lease("a", "1", link)
        link.losesAnswer = true
        #expect(throws: EtcdFailure("lost")) { try first.attempt(now: 0) }
        #expect(try first.attempt(now: 0) == .held(nil))
        link.losesAnswer = true
        #expect(throws: EtcdFailure("lost")) { try first.renew(cursor(5)) }
        #expect(try first.renew(cursor(6)))
        #expect(try lease("b", "2").attempt(now: 0) == .other("a"))
    }

    @Test("and more that waits than a cursor names is told from the oldest on")
    func manyWaiting() {
        #expect(cursor(90, unfinished: [80], waitingFrom: 7).forAnother == Cursor(readUpTo: Position(7)))
    }
}
