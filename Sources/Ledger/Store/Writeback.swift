import System

/// A thread that hands new records to the disk soon after they are written, and closes them.
///
/// Left to the kernel, or to the next checkpoint, some ten thousand of them would go at once, and each commit would wait
/// for the disk behind them. Nothing depends on it: what is durable, and when, is the checkpoint's affair.
package final class Writeback: Sendable {
    /// Files that wait for it, at most; each takes a descriptor. What comes when there are more is left to the kernel.
    private static let capacity = 64

    private struct State {
        var files: [PreparedRecord] = []
        var isStopped = false
    }

    private let state = Locked(State())
    private let isDue = Semaphore()

    /// `nil` where no thread can be started.
    static func started() -> Writeback? {
        let writeback = Writeback()
        // The thread keeps what it needs, not the value, which ends it.
        let start: Void? = try? Thread.start { [state = writeback.state, isDue = writeback.isDue] in
            while true {
                isDue.wait()
                let (files, isStopped) = state.withLock { state in
                    defer { state.files = [] }
                    return (state.files, state.isStopped)
                }
                for file in files { file.file.startWriting() }
                if isStopped { return }
            }
        }
        return start.map { writeback }
    }

    deinit {
        state.withLock { $0.isStopped = true }
        isDue.post()
    }

    func take(_ files: [PreparedRecord]) {
        let wakes = state.withLock { state in
            let wakes = state.files.isEmpty && !files.isEmpty
            state.files += files.prefix(Self.capacity - state.files.count)
            return wakes
        }
        if wakes { isDue.post() }
    }
}
