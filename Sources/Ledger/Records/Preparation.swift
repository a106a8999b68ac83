/// The making of many records' files, a bounded number ahead of whoever gives them their names: by a thread of its own,
/// and by the one that names them whenever it would wait.
final class Preparation: @unchecked Sendable {
    // Each draft is touched by the thread that claimed its share, and by nobody else before that share is made.

    /// Drafts that are claimed at a time.
    private static let shareLength = 16

    fileprivate struct State {
        /// Shares that are being made or are made; always the first ones.
        var claimed = 0
        /// Those of them that are made.
        var made: Set<Int> = []
        /// The share that is being named; none before it is needed any more.
        var current = -1
        /// The thread waits for room, or for the end.
        var isHelperWaiting = false
        /// The one that names them waits for the thread.
        var isCallerWaiting = false
        var isStopped = false
    }

    private let drafts: [RecordDraft]
    /// Shares that may be made and not named yet.
    private let window: Int
    private let shares: Int
    private let store: UnsafePointer<RecordStore>
    private let state = Locked(State())
    private let room = Semaphore()
    private let progress = Semaphore()
    private var helper: Background<Void>?

    /// Begins with it.
    ///
    /// - Parameters:
    ///   - maximum: Files that may be open at a time.
    ///   - store: Must stay where it is until `stop`.
    init(_ drafts: [RecordDraft], maximum: Int, for store: UnsafePointer<RecordStore>) {
        self.drafts = drafts
        self.store = store
        window = maximum / Self.shareLength
        shares = (drafts.count + Self.shareLength - 1) / Self.shareLength
        helper = Background { self.help() }
    }

    /// The next drafts whose files are made, once whoever asks is done with those before; `nil` when there are no more.
    func next() -> ArraySlice<RecordDraft>? {
        let (wanted, helperIsDue) = state.withLock { state in
            state.current += 1
            defer { state.isHelperWaiting = false }
            return (state.current, state.isHelperWaiting)
        }
        if helperIsDue { room.post() }
        guard wanted < shares else { return nil }
        while true {
            switch state.withLock({ $0.stepOfCaller(wanted, window, shares) }) {
            case .make(let share): make(share)
            case .wait: progress.wait()
            case .leave: return drafts[range(of: wanted)]
            }
        }
    }

    /// Ends the thread, wherever it is.
    func stop() {
        state.withLock { $0.isStopped = true }
        room.post()
        helper?.value()
        helper = nil
    }

    private func help() {
        while true {
            switch state.withLock({ $0.stepOfHelper(window, shares) }) {
            case .make(let share): make(share)
            case .wait: room.wait()
            case .leave: return
            }
        }
    }

    private func make(_ share: Int) {
        for draft in drafts[range(of: share)] { draft.prepare(for: store.pointee) }
        let callerIsDue = state.withLock { state in
            state.made.insert(share)
            defer { state.isCallerWaiting = false }
            return state.isCallerWaiting
        }
        if callerIsDue { progress.post() }
    }

    private func range(of share: Int) -> Range<Int> {
        share * Self.shareLength..<min((share + 1) * Self.shareLength, drafts.count)
    }
}

extension Preparation.State {
    /// What one of the two threads is to do next.
    fileprivate enum Step {
        case make(Int)
        case wait
        case leave
    }

    /// Makes a share its caller's, if there is one left for which there is room.
    private mutating func claim(_ window: Int, _ shares: Int) -> Step? {
        guard claimed < min(max(current, 0) + window, shares) else { return nil }
        claimed += 1
        return .make(claimed - 1)
    }

    fileprivate mutating func stepOfHelper(_ window: Int, _ shares: Int) -> Step {
        if isStopped || claimed == shares { return .leave }
        if let step = claim(window, shares) { return step }
        isHelperWaiting = true
        return .wait
    }

    fileprivate mutating func stepOfCaller(_ wanted: Int, _ window: Int, _ shares: Int) -> Step {
        if made.remove(wanted) != nil { return .leave }
        if let step = claim(window, shares) { return step }
        isCallerWaiting = true
        return .wait
    }
}
