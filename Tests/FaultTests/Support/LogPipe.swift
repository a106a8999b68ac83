import Foundation
import Ledger
import System
import TestSupport

/// A log that somebody reads, or stops reading for a while.
final class LogPipe: Sendable {
    private struct State {
        var isStalled = false
        var isClosed = false
        var text: [UInt8] = []
    }

    private let state = Locked(State())
    private let ends: [Int32]

    /// What is written to it must be given to the program; it is closed with this value.
    var writeEnd: Int32 { ends[1] }

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemFailure("pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.ends = ends
        // As small as pipes get, so that it is full soon.
        _ = fcntl(ends[1], 1024 + 7, 4096)
        let reader = ends[0]
        Thread.detachNewThread { [state] in
            var block = [UInt8](repeating: 0, count: 65_536)
            while !state.withLock({ $0.isClosed }) {
                if state.withLock({ $0.isStalled }) {
                    usleep(10_000)
                    continue
                }
                var polled = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
                guard poll(&polled, 1, 100) > 0 else { continue }
                let count = read(reader, &block, block.count)
                if count <= 0 { break }
                let bytes = block[..<count]
                // The end is enough to tell what went wrong.
                state.withLock { $0.text = ($0.text + bytes).suffix(65_536) }
            }
            close(reader)
        }
    }

    deinit {
        state.withLock { $0.isClosed = true }
        close(ends[1])
    }

    func stall(_ isStalled: Bool) { state.withLock { $0.isStalled = isStalled } }

    /// The last of what was written.
    var text: String { state.withLock { String(decoding: $0.text, as: UTF8.self) } }
}
