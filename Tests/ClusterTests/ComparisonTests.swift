import Cluster
import Formats
import Journal
import System
import TestSupport
import Testing

/// A server's journal against what the others say of theirs.
@Suite("A server compares its journal with the others'")
struct ComparisonTests {
    private final class Store: EtcdStore {
        let etcd = MemoryEtcd()

        func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer { etcd.commit(transaction) }
        func sizeInUse() throws(EtcdFailure) -> Int { 0 }
    }

    private final class Time {
        var now = Timestamp(microseconds: 1_795_612_443_000_000)
    }

    private let store = Store()
    private let keys = ClusterKeys(cluster: "x")
    private let time = Time()

    private func member(_ name: String) -> Member {
        let time = time
        return Member(
            name, of: "x", life: "life-\(name)", version: "1", store: store, journal: MemoryJournal(),
            now: { time.now })
    }

    private func begin() throws {
        let administration = Administration(cluster: "x", store: store)
        try administration.begin("a")
        for name in ["b", "c"] { try administration.admit(name, life: "life-\(name)") }
    }

    private func told(by name: String) throws -> MemberMark {
        try #require(try read(name).flatMap { MemberMark($0.value) })
    }

    private func read(_ name: String) throws -> EtcdAnswer.Entry? {
        var read = EtcdTransaction()
        read.success = [.range(.init(keys.mark(of: name)))]
        return try store.commit(read).found[0].entries.first
    }

    private func say(_ mark: MemberMark, as name: String) throws {
        var write = EtcdTransaction()
        write.success = [.put(keys.mark(of: name), mark.value)]
        _ = try store.commit(write)
    }

    /// Lets `b` hand out so many batches; returns what it has said of itself after each.
    private func batches(_ count: Int) throws -> [MemberMark] {
        let sender = member("b")
        var marks: [MemberMark] = []
        for number in 1...count {
            sender.propose([EntryDraft(.expectation(.test("\(number)")))], nonce: "\(number)")
            while sender.underWay != nil { _ = try sender.step() }
            marks.append(MemberMark(mark: sender.mark, next: sender.next, version: "1", seen: time.now))
        }
        return marks
    }

    @Test(
        "at every batch, also one in the middle of those that it applied at once, busy or not, and stops where two differ",
        arguments: [0, 3, 7], [false, true])
    func inTheMiddle(place: Int, isBusy: Bool) throws {
        try begin()
        let marks = try batches(8)
        let own = member("a")
        try own.start()
        // On a busy server every step carries a batch of its own.
        if isBusy { own.propose([EntryDraft(.expectation(.test("own")))], nonce: "own") }
        #expect(try own.step().applied == (isBusy ? 9 : 8))
        // What is right is no reason to stop.
        for name in ["b", "c"] { try say(marks[place], as: name) }
        #expect(try own.lookAfter().different == [])
        var wrong = marks[place]
        wrong.mark.chain ^= 1
        try say(wrong, as: "c")
        #expect(try own.lookAfter().different == ["c"])
        try say(wrong, as: "b")
        #expect(throws: Member.Failure.self) { try own.lookAfter() }
        #expect(throws: Member.Failure.self) { try own.start() }
    }

    @Test("with what they said before it came there itself, however far they have come meanwhile")
    func ahead() throws {
        try begin()
        let marks = try batches(4)
        let own = member("a")
        try own.start()
        var wrong = marks[1]
        wrong.mark.chain ^= 1
        try say(wrong, as: "c")
        // It is not there yet.
        #expect(try own.lookAfter().different == [])
        _ = try own.step()
        // Meanwhile c says something of a place that this server has not reached.
        var later = marks[3]
        later.mark.vector["b"] = 90
        try say(later, as: "c")
        #expect(try own.lookAfter().different == ["c"])
        // Once it agrees again, after it was seeded say, it is as the others are.
        try say(marks[3], as: "c")
        _ = try own.lookAfter()
        #expect(try own.lookAfter().different == [])
    }

    @Test("and tells the others that it lives, though there is nothing new")
    func lives() throws {
        try begin()
        let own = member("a")
        _ = try own.step()
        let first = try read("a")
        time.now = Timestamp(microseconds: time.now.microseconds + 5_000_000)
        _ = try own.step()
        #expect(try read("a")?.modified == first?.modified)
        time.now = Timestamp(microseconds: time.now.microseconds + 5_000_000)
        _ = try own.step()
        #expect(try told(by: "a").seen == time.now)
    }
}
