import Cluster
import Journal
import Testing

@Suite("The others go on without a member")
struct RetentionTests {
    private static let day = Retention.patience

    private func survey(_ totals: [String: Int?], gone: [String] = []) -> Survey {
        var survey = Survey(members: MemberList(), marks: [:])
        for (name, total) in totals {
            survey.members.standings[name] = gone.contains(name) ? .gone : .active
            guard let total else { continue }
            survey.marks[name] = MemberMark(
                mark: AgreementMark(vector: total > 0 ? ["a": total] : [:]), next: Position(total + 1), version: "1")
        }
        return survey
    }

    @Test("that has been behind for a day without any progress")
    func dead() {
        var retention = Retention()
        let behind = survey(["a": 10, "b": 7, "c": 10])
        #expect(retention.judge(behind, by: "a", total: 10, size: 0, now: 0) == nil)
        #expect(retention.judge(behind, by: "a", total: 12, size: 0, now: Self.day) == nil)
        #expect(retention.judge(behind, by: "a", total: 13, size: 0, now: Self.day + 1) == "b")
    }

    @Test("not without one that gets on, however slowly, and not without one that has everything")
    func slow() {
        var retention = Retention()
        #expect(retention.judge(survey(["a": 10, "b": 7]), by: "a", total: 10, size: 0, now: 0) == nil)
        #expect(retention.judge(survey(["a": 10, "b": 8]), by: "a", total: 10, size: 0, now: Self.day) == nil)
        #expect(retention.judge(survey(["a": 10, "b": 8]), by: "a", total: 10, size: 0, now: 2 * Self.day) == nil)
        #expect(retention.judge(survey(["a": 10, "b": 10]), by: "a", total: 10, size: 0, now: 9 * Self.day) == nil)
        #expect(retention.judge(survey(["a": 10, "b": 10]), by: "a", total: 10, size: .max, now: 99 * Self.day) == nil)
    }

    @Test("that is farthest behind when etcd becomes too large, also one that was never seeded")
    func large() {
        var retention = Retention()
        let (size, late) = (Retention.maximumSize + 1, Retention.patienceWhenFull)
        let totals = ["a": 10, "b": 7, "c": 3, "d": 9, "e": nil]
        #expect(retention.judge(survey(totals), by: "a", total: 10, size: size, now: 0) == nil)
        #expect(retention.judge(survey(totals), by: "a", total: 10, size: size - 1, now: late) == nil)
        #expect(retention.judge(survey(totals), by: "a", total: 10, size: size, now: late) == "e")
        #expect(retention.judge(survey(totals, gone: ["e"]), by: "a", total: 10, size: size, now: late) == "c")
        // One that gets on is left behind too, if it is too far behind.
        let far = ["a": 30_000, "b": 20_000, "c": 20_001, "d": 20_001]
        #expect(retention.judge(survey(far), by: "a", total: 30_000, size: size, now: late) == "b")
        #expect(retention.judge(survey(far, gone: ["b"]), by: "a", total: 30_000, size: size, now: late) == nil)
    }

    @Test("never without itself")
    func itself() {
        var retention = Retention()
        #expect(retention.judge(survey(["a": 3, "b": 10]), by: "a", total: 3, size: .max, now: 0) == nil)
    }
}
