import Cluster
import Journal
import TestSupport
import Testing

@Suite("What servers hand to one another")
struct AgreedBatchTests {
    private let batch = AgreedBatch(
        member: "a", number: 7, nonce: "n1",
        entries: [EntryDraft(.delivery(.test("1", text: "two\nlines"))), EntryDraft(.expectation(.test("2")))])

    @Test("a batch comes as it went")
    func roundTrip() throws {
        let read = try AgreedBatch(member: "a", number: 7, value: batch.value)
        #expect(read == batch)
        #expect(try read.entries().map(\.content) == batch.entries().map(\.content))
        #expect(try read.entries().count == 2)
    }

    @Test("a batch of a higher format is not read, and says of which one it is")
    func newer() {
        #expect(throws: AgreedBatch.Fault.newerFormat(2)) {
            try AgreedBatch(member: "a", number: 1, value: Array(#"{"format":2,"nonce":"n","words":"new"}"#.utf8))
        }
    }

    @Test(
        "a damaged batch is not read",
        arguments: ["", "x", "{}", #"{"format":1}"#, #"{"format":1,"nonce":"n","count":0}"#])
    func damaged(_ text: String) {
        #expect(throws: AgreedBatch.Fault.damaged) {
            try AgreedBatch(member: "a", number: 1, value: Array(text.utf8))
        }
    }

    @Test("a batch with fewer or more entries than it says is not read")
    func count() throws {
        var value = batch.value
        value.removeSubrange(value.lastIndex(of: UInt8(ascii: "\n")).map { $0... } ?? 0...)
        #expect(throws: AgreedBatch.Fault.damaged) {
            try AgreedBatch(member: "a", number: 7, value: value).entries()
        }
        #expect(throws: AgreedBatch.Fault.damaged) {
            try AgreedBatch(member: "a", number: 7, value: batch.value + Array("\n{}".utf8)).entries()
        }
    }

    @Test("the digest tells batches apart by every byte, by their numbers and by what came before")
    func chain() throws {
        let other = AgreedBatch(member: "a", number: 7, nonce: "n2", entries: try batch.entries())
        let later = AgreedBatch(member: "a", number: 8, nonce: "n1", entries: try batch.entries())
        let chains = [batch.chain(after: 0), batch.chain(after: 1), other.chain(after: 0), later.chain(after: 0)]
        #expect(Set(chains).count == 4)
    }

    @Test("a member's mark comes as it went")
    func mark() {
        let mark = MemberMark(
            mark: AgreementMark(vector: ["a": 12, "b": 7], chain: 0x1A), next: Position(4712), version: "0.2.0+1")
        #expect(MemberMark(mark.value) == mark)
        #expect(
            String(decoding: mark.value, as: UTF8.self)
                == #"{"agreed":{"a":12,"b":7},"chain":"0000001a","next":4712,"version":"0.2.0+1"}"#)
        #expect(MemberMark(Array("{}".utf8)) == nil)
    }

    @Test("the list of members comes as it went, and one that cannot be read is none")
    func members() {
        let list = MemberList(standings: ["a": .active, "b": .gone], revision: 3)
        let entry = EtcdAnswer.Entry(key: "m", value: list.value, created: 1, modified: 3)
        #expect(MemberList(entry) == list && list.active == ["a"])
        let unknown = Array(#"{"members":{"a":"new"}}"#.utf8)
        #expect(MemberList(.init(key: "m", value: unknown, created: 1, modified: 1)) == nil)
    }
}
