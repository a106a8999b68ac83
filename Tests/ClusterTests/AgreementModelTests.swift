import Testing

@Suite("The agreement of several servers")
struct AgreementModelTests {
    private static let steps = 120

    private static func run(_ seed: Int, breaking rules: Set<BrokenRule> = []) -> ClusterModel {
        let model = ClusterModel(seed: seed, breaking: rules)
        for _ in 0..<steps where model.faults.isEmpty { model.happen() }
        if model.faults.isEmpty { model.end() }
        return model
    }

    @Test(
        "keeps one order and every answered batch, once, whatever is lost, late, doubled, killed, set back, seeded or left behind",
        arguments: 0..<8)
    func holds(part: Int) {
        var (agreed, answered) = (0, 0)
        for seed in (part * 250)..<((part + 1) * 250) {
            let model = Self.run(seed)
            #expect(model.faults == [], "seed \(seed)")
            agreed += model.agreed
            answered += model.answered.count
        }
        // It did something.
        #expect(agreed > 4_000 && answered > 4_000, "\(agreed) agreed, \(answered) answered")
    }

    /// A rule that is broken, what it guards against, and a seed that shows just that.
    struct Broken: Sendable {
        var rules: Set<BrokenRule>
        var kind: ModelFault.Kind
        var seed: Int

        init(_ rules: Set<BrokenRule>, _ kind: ModelFault.Kind, _ seed: Int) {
            (self.rules, self.kind, self.seed) = (rules, kind, seed)
        }
    }

    private static let table = [
        Broken([.members], .parted, 1), Broken([.keys], .parted, 2), Broken([.more], .parted, 3),
        Broken([.marks], .goneForRunning, 6), Broken([.marks], .goneForSeeded, 54),
        Broken([.deletions], .goneForCopy, 43788),
        Broken([.lives], .twoLives, 0), Broken([.lives], .refused, 12), Broken([.lives], .parted, 251),
        Broken([.lives], .goneForYounger, 1304),
        // Refused, because what it has told before is more than the copy holds; where nobody looks at that, a batch is gone.
        Broken([.seeding], .refused, 2), Broken([.seeding, .told], .goneForSeeded, 2960),
        Broken([.leaving], .goneOfLeft, 1), Broken([.copies], .goneForCopy, 22),
        Broken([.told], .goneForCopy, 182), Broken([.told], .goneForYounger, 1288),
    ]

    @Test("is seen to fail where a rule is broken, by what the rule guards against", arguments: table)
    func isNoticed(_ broken: Broken) {
        let faults = Self.run(broken.seed, breaking: broken.rules).faults
        if faults.first?.kind != broken.kind {
            // The model has changed: another seed shows it, or none.
            let seed = (0..<4_000).first { Self.run($0, breaking: broken.rules).faults.first?.kind == broken.kind }
            Issue.record("\(faults); seed \(seed.map { "\($0)" } ?? "none") shows \(broken.kind)")
        }
        // It is the rule that does it.
        #expect(Self.run(broken.seed).faults == [])
    }

    @Test("has no rule that no seed shows to be needed")
    func everyRule() {
        #expect(BrokenRule.allCases.allSatisfy { rule in Self.table.contains { $0.rules == [rule] } })
    }
}
