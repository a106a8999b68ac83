import CLinux
import Glibc

/// Writes lines to a descriptor whose reader may have stopped reading: a log, a terminal. Never waits for him. Lines
/// that he has no room for are kept up to a bound; what comes after that is dropped, counted, and told of as soon as he
/// reads again.
package final class LineWriter: @unchecked Sendable {
    // What changes is in `state`.

    /// Bytes that a pipe takes in one piece, so that lines of several processes do not mix (PIPE_BUF, pipe(7)).
    package static let longestPiece = 4096
    /// Bytes that are kept for a reader who does not read.
    static let capacity = 256 << 10

    private enum Way {
        /// write(2) waits for nobody: a file, a device, a pipe or terminal that was opened not to wait.
        case direct
        case socket
        /// A pipe or a terminal of somebody else: writing may wait.
        case mayWait
    }

    private struct State {
        var kept: [UInt8] = []
        /// Lines that are not told of yet.
        var dropped = 0
        /// Nothing is written before `finish`.
        var isHeld = false
        var hasThread = false
        /// The thread is at work, or was called.
        var isAwake = false
    }

    private let descriptor: Int32
    private let isOwn: Bool
    private let way: Way
    private let notice: @Sendable (Int) -> String
    private let state = Locked(State())
    private let isDue = Semaphore()

    /// - Parameters:
    ///   - descriptor: Stays open, and is left as it is: other programs may share it.
    ///   - opensAnew: Whether to try that where writing may wait; it cannot be done everywhere.
    ///   - notice: The line, without its end, that tells how many were dropped.
    package init(_ descriptor: Int32, opensAnew: Bool = true, notice: @escaping @Sendable (Int) -> String) {
        self.notice = notice
        var status = stat()
        let kind = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        guard kind == S_IFIFO || kind == S_IFCHR && isatty(descriptor) != 0 else {
            (way, isOwn, self.descriptor) = (kind == S_IFSOCK ? .socket : .direct, false, descriptor)
            return
        }
        // Opened once more, it can be told not to wait, which would concern all who share the given one.
        let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let opened = opensAnew ? open("/proc/self/fd/\(descriptor)", flags) : -1
        (way, isOwn, self.descriptor) = opened >= 0 ? (.direct, true, opened) : (.mayWait, false, descriptor)
    }

    deinit {
        if isOwn { close(descriptor) }
    }

    /// Starts a thread that writes what is kept as soon as somebody reads. Without it, that waits for the next lines.
    /// The writer lives as long as the process then.
    package func startThread() throws(Thread.Failure) {
        state.withLock { $0.hasThread = true }
        do throws(Thread.Failure) {
            try Thread.start { [self] in
                while true {
                    isDue.wait()
                    while writePiece() {}
                }
            }
        } catch {
            state.withLock { $0.hasThread = false }
            throw error
        }
    }

    /// Writes nothing before `finish` is called, where that may wait. Another program can fill a pipe between a look at it
    /// and the write.
    package func hold() { state.withLock { $0.isHeld = way == .mayWait } }

    /// Writes whole lines, or keeps them, or drops them; never waits.
    package func write(_ lines: UnsafeRawBufferPointer) {
        let wakes = state.withLock { state in
            var lines = lines
            let isInOrder = state.kept.isEmpty && state.dropped == 0 && !state.isHeld && !state.isAwake
            if isInOrder, !state.hasThread || way != .mayWait {
                switch put(lines) {
                case lines.count: return false
                case .some(let count): lines = UnsafeRawBufferPointer(rebasing: lines[count...])
                case .none:
                    state.dropped += Self.count(lines)
                    return false
                }
            }
            keep(lines, &state)
            if state.hasThread {
                defer { state.isAwake = true }
                return !state.isAwake
            }
            if !state.isHeld { drain(&state) }
            return false
        }
        if wakes { isDue.post() }
    }

    /// Writes what is kept, and waits for somebody who reads it, but not for long.
    package func finish(milliseconds: Int = 200) {
        let end = Clock.nanoseconds + Int64(milliseconds) * 1_000_000
        var wakes = state.withLock { state in
            state.isHeld = false
            defer { state.isAwake = state.hasThread && !state.kept.isEmpty }
            return state.hasThread && !state.isAwake && !state.kept.isEmpty
        }
        while true {
            if wakes { isDue.post() }
            wakes = false
            let isDone = state.withLock { state in
                if !state.hasThread { drain(&state) }
                return state.kept.isEmpty && !state.isAwake
            }
            if isDone || Clock.nanoseconds >= end { return }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            if poll(&wanted, 1, 20) != 0 { usleep(1_000) }
        }
    }

    private func keep(_ lines: UnsafeRawBufferPointer, _ state: inout State) {
        let told = state.dropped > 0 ? Array("\(notice(state.dropped))\n".utf8) : []
        guard state.kept.count + told.count + lines.count <= Self.capacity else {
            state.dropped += Self.count(lines)
            return
        }
        state.dropped = 0
        state.kept += told
        state.kept += lines
    }

    /// Writes what is kept as far as somebody reads.
    private func drain(_ state: inout State) {
        while !state.kept.isEmpty {
            let piece = Self.piece(state.kept)
            guard let count = piece.withUnsafeBytes(put) else {
                lose(piece, &state)
                continue
            }
            state.kept.removeFirst(count)
            if count < piece.count { return }
        }
    }

    private func lose(_ piece: ArraySlice<UInt8>, _ state: inout State) {
        state.kept.removeFirst(piece.count)
        state.dropped += piece.withUnsafeBytes(Self.count)
    }

    /// The thread's part: writes the first piece of what is kept, however long that takes.
    ///
    /// - Returns: Whether there may be more.
    private func writePiece() -> Bool {
        let piece = state.withLock { state -> ArraySlice<UInt8> in
            if state.kept.isEmpty, state.dropped > 0 { keep(UnsafeRawBufferPointer(start: nil, count: 0), &state) }
            if state.kept.isEmpty { state.isAwake = false }
            return Self.piece(state.kept)
        }
        if piece.isEmpty { return false }
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wanted, 1, -1)
        let count = piece.withUnsafeBytes { bytes in
            way == .mayWait ? Self.result(Glibc.write(descriptor, bytes.baseAddress, bytes.count)) : put(bytes)
        }
        // Said to have room, and had none: not at once again.
        if count == 0 { usleep(10_000) }
        state.withLock { state in
            // What was written is where it was: others only add behind it.
            if let count { state.kept.removeFirst(count) } else { lose(piece, &state) }
        }
        // Somebody who cannot be written to is tried again with the next lines, not at once and for ever.
        return count != nil
            || state.withLock { state in
                state.isAwake = !state.kept.isEmpty
                return state.isAwake
            }
    }

    /// Whole lines that fit into one piece; of a longer line, its beginning.
    private static func piece(_ kept: [UInt8]) -> ArraySlice<UInt8> {
        let piece = kept.prefix(longestPiece)
        return piece.lastIndex(of: UInt8(ascii: "\n")).map { piece[...$0] } ?? piece
    }

    private static func count(_ lines: UnsafeRawBufferPointer) -> Int { lines.count { $0 == UInt8(ascii: "\n") } }

    /// Writes without waiting.
    ///
    /// - Returns: Bytes that were taken; `nil` if nobody ever will.
    private func put(_ bytes: UnsafeRawBufferPointer) -> Int? {
        switch way {
        case .direct: return Self.result(Glibc.write(descriptor, bytes.baseAddress, bytes.count))
        case .socket:
            return Self.result(
                send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)))
        case .mayWait:
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wanted, 1, 0) > 0 else { return 0 }
            return Self.result(Glibc.write(descriptor, bytes.baseAddress, min(bytes.count, Self.longestPiece)))
        }
    }

    private static func result(_ count: Int) -> Int? {
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }
}
