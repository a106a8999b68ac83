import Ledger

/// When the checkpoint is to move: for what is left of a recovery at once, else in the first pause behind half of a journal
/// file. It looks at every record since the last one, and the answers of a burst would wait for that.
struct CheckpointSchedule {
    /// Halves behind which it waits for a pause no longer, or recovery would have too much to do.
    static let longestPostponement = 3

    /// What recovery has left is to be done now.
    private(set) var isRecoveryDue = false
    private var filledHalves = 0

    /// Whether it waits for a pause.
    var isPostponed: Bool { filledHalves > 0 }

    mutating func note(_ commit: Ledger.Commit) {
        isRecoveryDue = isRecoveryDue || commit.isRecoveryDue
        if commit.isCheckpointDue { filledHalves += 1 }
    }

    /// Whether to move it now; then nothing is due until more is noted.
    ///
    /// - Parameter isQuiet: Whether callbacks pause.
    mutating func takeTurn(isQuiet: Bool) -> Bool {
        guard isRecoveryDue || filledHalves >= (isQuiet ? 1 : Self.longestPostponement) else { return false }
        self = CheckpointSchedule()
        return true
    }
}
