import Ledger
import Testing

@testable import Operations

@Suite("When the checkpoint moves")
struct CheckpointScheduleTests {
    private static let half = Ledger.Commit(outcomes: [], isHalfFilled: true)
    private static let ordinary = Ledger.Commit(outcomes: [])
    private static let recovery = Ledger.Commit(outcomes: [], isRecoveryDue: true)

    /// Whether the checkpoint is to move after each of these, callbacks going on or not.
    private static func turns(_ commits: [(Ledger.Commit, isQuiet: Bool)]) -> [Bool] {
        var schedule = CheckpointSchedule()
        return commits.map { commit, isQuiet in
            schedule.note(commit)
            let moves = schedule.takeTurn(isQuiet: isQuiet)
            #expect(!(moves && (schedule.isPostponed || schedule.isRecoveryDue)))
            return moves
        }
    }

    @Test("In the first pause behind half a file, once")
    func pause() {
        let commits = [(Self.ordinary, true), (Self.half, false), (Self.ordinary, true), (Self.ordinary, true)]
        #expect(Self.turns(commits) == [false, false, true, false])
    }

    @Test("Without a pause behind the third half")
    func burst() {
        let commits = [Self.half, Self.ordinary, Self.half, Self.ordinary, Self.half, Self.half].map { ($0, false) }
        #expect(Self.turns(commits) == [false, false, false, false, true, false])
    }

    @Test("At once for what is left of a recovery")
    func recovery() {
        #expect(Self.turns([(Self.recovery, false), (Self.ordinary, false)]) == [true, false])
    }
}
