import System

/// The making of many records' files, a bounded number ahead of whoever gives them their names: by a worker, and by the
/// one that names them whenever it would wait.
final class FilePipeline: @unchecked Sendable {
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
        /// The worker makes shares, or is asked to.
        var isHelped = false
        /// The one that names them waits for the worker.
        var isWaiting = false
        var isStopped = false
    }

    private let drafts: [RecordDraft]
    /// Shares that may be made and not named yet.
    private let window: Int
    private let shares: Int
    private let store: UnsafePointer<RecordStore>
    private let state = Locked(State())
    private let progress = Semaphore()
    private var help: Assignment<Void>?

    /// - Parameters:
    ///   - maximum: Files that may be open at a time.
    ///   - store: Must stay where it is until `stop`.
    init(_ drafts: [RecordDraft], maximum: Int, for store: UnsafePointer<RecordStore>) {
        self.drafts = drafts
        self.store = store
        window = maximum / Self.shareLength
        shares = (drafts.count + Self.shareLength - 1) / Self.shareLength
    }

    /// The next drafts whose files are made, once whoever asks is done with those before; `nil` when there are no more.
    ///
    /// - Parameter worker: The same one for all.
    func next(by worker: Worker) -> ArraySlice<RecordDraft>? {
        let (wanted, callsHelp) = state.withLock { state in
            state.current += 1
            return (state.current, state.callsHelp(window, shares))
        }
        if callsHelp { help = worker.begin { self.makeAhead() } }
        guard wanted < shares else { return nil }
        while true {
            switch state.withLock({ $0.step(wanted, window, shares) }) {
            case .make(let share): make(share)
            case .wait: progress.wait()
            case .take: return drafts[range(of: wanted)]
            }
        }
    }

    /// Ends the worker's part, wherever it is.
    func stop() {
        state.withLock { $0.isStopped = true }
        help?.value()
        help = nil
    }

    /// The worker's part: ends when it is as far ahead as it may be.
    private func makeAhead() {
        while let share = state.withLock({ $0.claimToHelp(window, shares) }) { make(share) }
    }

    private func make(_ share: Int) {
        for draft in drafts[range(of: share)] { draft.prepare(for: store.pointee) }
        let isAwaited = state.withLock { state in
            state.made.insert(share)
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if isAwaited { progress.post() }
    }

    private func range(of share: Int) -> Range<Int> {
        share * Self.shareLength..<min((share + 1) * Self.shareLength, drafts.count)
    }
}

extension FilePipeline.State {
    /// What the one that names them is to do next.
    fileprivate enum Step {
        case make(Int)
        case wait
        case take
    }

    /// Makes a share its caller's; `nil` if none is left, or there is no room for it.
    private mutating func claim(_ window: Int, _ shares: Int) -> Int? {
        guard claimed < min(current + window, shares) else { return nil }
        claimed += 1
        return claimed - 1
    }

    /// Whether the worker is to be asked: not for each share that there is room for again.
    fileprivate mutating func callsHelp(_ window: Int, _ shares: Int) -> Bool {
        guard !isHelped, claimed < shares, claimed - current <= window / 2 else { return false }
        isHelped = true
        return true
    }

    fileprivate mutating func claimToHelp(_ window: Int, _ shares: Int) -> Int? {
        let share = isStopped ? nil : claim(window, shares)
        isHelped = share != nil
        return share
    }

    fileprivate mutating func step(_ wanted: Int, _ window: Int, _ shares: Int) -> Step {
        if made.remove(wanted) != nil { return .take }
        if let share = claim(window, shares) { return .make(share) }
        isWaiting = true
        return .wait
    }
}
