import Glibc
import System

/// Lets so many requests be answered at once, and so many bytes of them: what waits for its batch is in memory several
/// times. Each is let in only where there is memory for it and for all the others.
final class Admission: Sendable {
    /// Bytes of memory that a request takes: a short one, and for each byte of a long one. A callback of 60,000 bytes took
    /// 16 for each.
    static let leastRoom = 24 << 10
    static let roomPerByte = 20
    /// Bytes that are left for all that nobody asks for.
    static let slack = 256 << 10
    /// Bytes that are left beside that where requests are answered already: one whose record is long takes several times
    /// the record's length.
    static let margin = 2 << 20
    /// Milliseconds for which a request waits at most, and at a time, for memory that others are to let go.
    private static let patience = 1_000
    private static let turn = 10

    private struct State {
        var count = 0
        var bytes = 0
        /// Threads that wait for a place.
        var waiting = 0

        /// Bytes of memory that those who are in may take, and what is left beside them.
        ///
        /// - Parameter others: How many of them may need more than their share.
        func room(others: Int) -> Int {
            slack + (others > 0 ? margin : 0) + count * leastRoom + bytes * roomPerByte
        }
    }

    private let maximumCount: Int
    private let maximumBytes: Int
    private let hasMemory: @Sendable (Int) -> Bool
    private let state = Locked(State())
    private let hasChanged = Semaphore()

    /// - Parameter hasMemory: Whether so many bytes of memory can be had.
    init(
        maximumCount: Int, maximumBytes: Int,
        hasMemory: @escaping @Sendable (Int) -> Bool = { ProcessMemory.hasRoom(for: $0) }
    ) {
        self.maximumCount = maximumCount
        self.maximumBytes = maximumBytes
        self.hasMemory = hasMemory
    }

    /// Lets a request in, unless there are too many, or there is no memory for it now. One alone may have any size.
    func tryEnter(bytes: Int) -> Bool { state.withLock { enter(bytes, &$0) == .place } }

    /// Waits until a request may come in.
    ///
    /// - Returns: Whether it is in. If not, there is no memory for it.
    func enter(bytes: Int) -> Bool {
        var turns = Self.patience / Self.turn
        while true {
            let (finding, isAlone) = state.withLock { state in
                let finding = enter(bytes, &state)
                if finding == .full { state.waiting += 1 }
                return (finding, state.count == 0)
            }
            switch finding {
            case .place: return true
            case .full: hasChanged.wait()
            case .noMemory:
                // Those who are in may themselves wait for the thread that asks.
                guard !isAlone, turns > 0 else { return false }
                turns -= 1
                usleep(UInt32(Self.turn) * 1_000)
            }
        }
    }

    /// Whether there is memory for so many bytes beside what the requests that are in may take.
    func hasRoom(for bytes: Int) -> Bool { state.withLock { hasMemory($0.room(others: $0.count) + bytes) } }

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

    private enum Finding {
        case place, full, noMemory
    }

    private func enter(_ bytes: Int, _ state: inout State) -> Finding {
        guard state.count < maximumCount, state.count == 0 || state.bytes + bytes <= maximumBytes else { return .full }
        state.count += 1
        state.bytes += bytes
        if hasMemory(state.room(others: state.count - 1)) { return .place }
        state.count -= 1
        state.bytes -= bytes
        return .noMemory
    }
}
