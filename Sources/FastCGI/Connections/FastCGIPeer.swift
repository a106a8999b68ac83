import CLinux
import Glibc
import System

/// A connection and the request that comes together on it. Closed with its value.
package final class FastCGIPeer: @unchecked Sendable {
    // Belongs to one thread at a time: to the one that took it out of the idle connections, until it puts it back.

    /// Not blocking.
    package let descriptor: Int32
    /// Whether somebody else has closed the descriptor.
    private var isClosed = false
    private let maximumBody: Int
    private(set) var assembly: FastCGIAssembly
    /// What came behind the end of a request.
    private var unread: [UInt8] = []
    /// When the request that is coming in began, and when something last came, in nanoseconds of the monotonic clock.
    package private(set) var begun: Int64
    private(set) var heard: Int64
    /// Whether anything has ever come.
    private(set) var hasSpoken = false

    package init(_ descriptor: Int32, maximumBody: Int) {
        self.descriptor = descriptor
        self.maximumBody = maximumBody
        assembly = FastCGIAssembly(maximumBody: maximumBody)
        heard = Clock.nanoseconds
        begun = heard
    }

    deinit {
        if !isClosed { close(descriptor) }
    }

    /// Lets the descriptor go, which somebody else has closed.
    package func abandon() { isClosed = true }

    /// Whether something of the next request was read already.
    var hasUnread: Bool { !unread.isEmpty }
    /// Whether the last read took all there was: less came than could have (epoll(7), question 9).
    private(set) var isDrained = true
    /// Whether an epoll set tells of what comes.
    package var isWatched = false

    /// Blocks read at a time before others get their turn.
    private static let maximumReads = 16

    package enum Condition {
        /// A request is there.
        case request
        /// More has to come first.
        case waiting
        /// To be closed; why, if a request had begun.
        case over(String?)
    }

    /// Bytes of a request that are taken in, wherever there is room for anything.
    private static let shortRequest = 4 << 10
    /// Times that what has come is in memory while more is added to it.
    private static let copies = 4

    /// Reads what is there; never waits. Where there is no memory for it, it is dropped as it comes.
    ///
    /// - Parameter hasRoom: Whether there is memory for so many bytes more.
    package func read(_ buffer: UnsafeMutableRawBufferPointer, hasRoom: (Int) -> Bool) -> Condition {
        if !unread.isEmpty {
            let count = unread.withUnsafeBytes { assembly.take($0) }
            unread.removeFirst(count)
        }
        for _ in 0..<Self.maximumReads where !assembly.isOver {
            let received = Socket.receive(descriptor, into: buffer)
            isDrained = received.count < buffer.count
            if case .nothing = received { break }
            if case .end = received {
                assembly.end()
                continue
            }
            heard = Clock.nanoseconds
            hasSpoken = true
            if !assembly.hasBegun { begun = heard }
            let length = size + received.count
            if length > Self.shortRequest, !hasRoom(Self.copies * length) { assembly.drop() }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<received.count])
            let taken = assembly.take(bytes)
            unread = Array(bytes[taken...])
        }
        let replies = assembly.takeReplies()
        if !replies.isEmpty, !send(replies) { return .over(assembly.failure) }
        switch assembly.stage {
        case .begin, .parameters, .body: return .waiting
        case .complete: return .request
        case .refused: return .over(assembly.failure)
        }
    }

    /// Up to `limit` bytes of the request's body; lets go of all that the request says.
    func takeBody(limit: Int) -> [UInt8] { assembly.takeBody(limit: limit) }

    /// Makes room for the connection's next request.
    func beginNext() {
        assembly = FastCGIAssembly(maximumBody: maximumBody)
        begun = Clock.nanoseconds
    }

    /// Sends bytes; never waits. An answer is small: a peer that has no room for it has stopped reading.
    ///
    /// - Returns: Whether all were taken.
    package func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        } == bytes.count
    }

    /// Sends bytes of any number, such as a page's; waits for a peer that reads them slowly.
    ///
    /// - Parameter seconds: Ends about then.
    /// - Returns: Whether all were taken.
    func send(_ bytes: [UInt8], within seconds: Int) -> Bool {
        SocketOutput.send(bytes, to: descriptor, before: Deadline(seconds: seconds))
    }

    /// Lets nothing more come; what has come can still be answered.
    func hangUp() { _ = shutdown(descriptor, Int32(SHUT_RD)) }

    var hasInput: Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) > 0
    }

    /// Bytes of memory, roughly.
    package var size: Int { assembly.size + unread.count }
}
