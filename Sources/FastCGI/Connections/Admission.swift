import System

/// Lets so many requests be answered at once, and so many bytes of them: what waits for its batch is in memory several
/// times.
final class Admission: Sendable {
    private struct State {
        var count = 0
        var bytes = 0
        /// Threads that wait for a place.
        var waiting = 0
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    private let state = Locked(State())
    private let hasChanged = Semaphore()

    init(maximumCount: Int, maximumBytes: Int) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
    }

    /// Lets a request in, unless there are too many. One alone may have any size.
    func tryEnter(bytes: Int) -> Bool { state.withLock { enter(bytes, &$0) } }

    /// Waits until a request may come in.
    func enter(bytes: Int) {
        while true {
            let isIn = state.withLock { state in
                if enter(bytes, &state) { return true }
                state.waiting += 1
                return false
            }
            if isIn { return }
            hasChanged.wait()
        }
    }

    /// Takes a request out that was let in with as many bytes.
    func leave(bytes: Int) {
        let waiting = state.withLock { state in
            state.count -= 1
            state.bytes -= bytes
            defer { state.waiting = 0 }
            return state.waiting
        }
        for _ in 0..<waiting { hasChanged.post() }
    }

    private func enter(_ bytes: Int, _ state: inout State) -> Bool {
        guard state.count < maximumCount, state.count == 0 || state.bytes + bytes <= maximumBytes else { return false }
        state.count += 1
        state.bytes += bytes
        return true
    }
}
