import Testing

@Suite("The agreement of several servers")
struct AgreementModelTests {
    private static let steps = 120

    private static func run(_ seed: Int, breaking rule: BrokenRule? = nil) -> ClusterModel {
        let model = ClusterModel(seed: seed, breaking: rule)
        for _ in 0..<steps where model.faults.isEmpty { model.happen() }
        if model.faults.isEmpty { model.end() }
        return model
    }

    @Test(
        "keeps one order and every answered batch, once, whatever is lost, late, doubled, killed, seeded or left behind",
        arguments: 0..<8)
    func holds(part: Int) {
        var (agreed, answered) = (0, 0)
        for seed in (part * 125)..<((part + 1) * 125) {
            let model = Self.run(seed)
            #expect(model.faults == [], "seed \(seed)")
            agreed += model.agreed
            answered += model.answered.count
        }
        // It did something.
        #expect(agreed > 1_000 && answered > 1_000, "\(agreed) agreed, \(answered) answered")
    }

    @Test("is seen to fail where a rule is broken", arguments: BrokenRule.allCases)
    func isNoticed(_ rule: BrokenRule) {
        let seed = (0..<4_000).first { !Self.run($0, breaking: rule).faults.isEmpty }
        #expect(seed != nil)
        // It is the rule that does it.
        #expect(seed.map { Self.run($0).faults } == [])
    }
}
