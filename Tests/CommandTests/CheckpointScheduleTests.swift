import Ledger
import Testing

@testable import Operations

@Suite("When the checkpoint moves")
struct CheckpointScheduleTests {
    private static let half = Ledger.Commit(outcomes: [], isHalfFilled: true)
    private static let ordinary = Ledger.Commit(outcomes: [])
    private static let recovery = Ledger.Commit(outcomes: [], isRecoveryDue: true)

    @Test("In the first pause behind half a file, once")
    func pause() {
        var schedule = CheckpointSchedule()
        schedule.note(Self.ordinary)
        #expect(!schedule.takeTurn(isQuiet: true))
        schedule.note(Self.half)
        #expect(schedule.isPostponed && !schedule.takeTurn(isQuiet: false))
        #expect(schedule.takeTurn(isQuiet: true))
        #expect(!schedule.isPostponed && !schedule.takeTurn(isQuiet: true))
    }

    @Test("Without a pause behind the third half")
    func burst() {
        var schedule = CheckpointSchedule()
        for _ in 1..<CheckpointSchedule.longestPostponement {
            schedule.note(Self.half)
            schedule.note(Self.ordinary)
            #expect(!schedule.takeTurn(isQuiet: false))
        }
        schedule.note(Self.half)
        #expect(schedule.takeTurn(isQuiet: false))
        #expect(!schedule.isPostponed)
    }

    @Test("At once for what is left of a recovery")
    func recovery() {
        var schedule = CheckpointSchedule()
        schedule.note(Self.recovery)
        #expect(schedule.isRecoveryDue && schedule.takeTurn(isQuiet: false))
        #expect(!schedule.isRecoveryDue)
    }
}
