import CLinux
import Glibc
import Ledger
import Synchronization

/// Serves FastCGI on a listening socket with a number of threads, until told to stop.
///
/// Threads only ever meet whole requests: connections wait for their first byte, for the rest of a request and for the
/// next one in a room that all threads share. A silent or slow peer holds a descriptor, never a thread.
package final class FastCGIServer: Sendable {
    /// Takes a request: reads up to a number of bytes of its body, and calls `reply` once, at once or later, on any
    /// thread.
    package typealias Answer = @Sendable (Request, (Int) -> [UInt8], _ reply: @escaping Reply) -> Void
    /// Sends an answer, with a line for the web server's error log.
    package typealias Reply = @Sendable (Response, _ errorLine: String?) -> Void

    /// Seconds for requests in flight to end after the order to stop.
    private static let stopTimeout = 10
    /// Requests that wait for their reply without a thread, at most.
    private static let maximumUnattended = 256
    /// Bytes read from a connection at a time.
    private static let readLength = 64 << 10

    private let listener: Int32
    private let servesQueue: Bool
    private let threads: Int
    private let maximumBody: Int
    private let answer: Answer
    private let events: Int32
    private let stopSignal: Int32
    private let room: WaitingRoom
    private let slowLane = SlowLane()
    private let running = Atomic(0)
    /// Threads that deal with a connection, and requests that wait for their reply without one.
    private let busy = Atomic(0)
    /// Requests that wait for their reply without a thread.
    private let unattended = Atomic(0)
    /// What can serve a request at the moment.
    private let libraries = Locked<[FastCGILibrary]>([])
    private let isStopping = Atomic(false)

    /// - Parameters:
    ///   - listener: Stays open as long as the server runs; the caller closes it.
    ///   - maximumBody: Bytes of the largest body; of a larger one, `answer` gets one byte more.
    package init(
        _ listener: borrowing ListeningSocket, threads: Int, maximumBody: Int, answer: @escaping Answer
    ) {
        FastCGILibrary.initialize()
        self.listener = listener.descriptor
        servesQueue = listener.isOwn
        self.threads = threads
        self.maximumBody = maximumBody
        self.answer = answer
        events = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopSignal = eventfd(0, Int32(EFD_CLOEXEC))
        // What is left is for the data directory, the log, and each thread's connection and memory.
        room = WaitingRoom(events: events, capacity: DescriptorLimit.raised() - 64 - 4 * threads)
        // One thread for one connection; the order to stop is for all.
        watch(self.listener, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue)
        for timer in [room.timer, slowLane.timer] { watch(timer, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue) }
        watch(stopSignal, EPOLLIN.rawValue)
    }

    /// Serves until SIGTERM or SIGINT; then finishes what is in flight. Call it on the thread that blocks these
    /// signals in all threads; see `Signals`.
    package func run(until stopped: () -> Void, beforeStopping prepareToStop: () -> Void) {
        for _ in 0..<threads {
            running.add(1, ordering: .sequentiallyConsistent)
            Thread.start { [self] in
                work()
                running.subtract(1, ordering: .sequentiallyConsistent)
            }
        }
        stopped()
        prepareToStop()
        let deadline = Deadline(seconds: Self.stopTimeout)
        isStopping.store(true, ordering: .sequentiallyConsistent)
        epoll_ctl(events, EPOLL_CTL_DEL, listener, nil)
        if servesQueue { while let peer = accept() { room.add(peer) } }
        while !isQuiet, !deadline.hasPassed { usleep(2_000) }
        eventfd_write(stopSignal, 1)
        while running.load(ordering: .sequentiallyConsistent) > 0, !deadline.hasPassed { usleep(2_000) }
    }

    /// Whether no request is coming in or being answered.
    private var isQuiet: Bool {
        room.removeIdle() && slowLane.isEmpty && busy.load(ordering: .sequentiallyConsistent) == 0
            && room.removeIdle()
    }

    private func work() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.readLength, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            var event = epoll_event()
            guard epoll_wait(events, &event, 1, -1) > 0 else { continue }
            let descriptor = event.data.fd
            if descriptor == stopSignal { return }
            busy.add(1, ordering: .sequentiallyConsistent)
            if descriptor == room.timer {
                room.expire()
            } else if descriptor == slowLane.timer {
                for answer in slowLane.due() where answer.peer.send(answer.bytes) && isKept(answer.peer) {
                    serve(answer.peer, buffer)
                }
            } else if let peer = descriptor == listener ? accept() : room.take(descriptor) {
                serve(peer, buffer)
            }
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    private func accept() -> FastCGIPeer? {
        let descriptor = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue))
        if descriptor >= 0 { return FastCGIPeer(descriptor, maximumBody: maximumBody) }
        if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
            room.makeRoom()
            // If that was not enough, others must finish first, and spinning would only keep them from it.
            usleep(1_000)
        }
        return nil
    }

    /// Takes every request that is there, then lets the connection wait or go.
    private func serve(_ peer: FastCGIPeer, _ buffer: UnsafeMutableRawBufferPointer) {
        while true {
            switch peer.read(buffer) {
            case .waiting:
                room.add(peer)
                return
            case .over: return
            case .request: if !respond(to: peer) { return }
            }
        }
    }

    /// Lets the request that a peer has sent be answered. The thread waits for that only where more of the same peer has
    /// come already, or where many requests wait without one already.
    ///
    /// - Returns: Whether it has been answered and the connection is still this thread's.
    private func respond(to peer: FastCGIPeer) -> Bool {
        let library = libraries.withLock { $0.popLast() } ?? FastCGILibrary()
        guard library.begin(peer.assembly.bytes) else { return false }
        let request = Request { library.variable($0) }
        let isUnattended = !peer.hasUnread && unattended.add(1, ordering: .relaxed).oldValue < Self.maximumUnattended
        if !isUnattended, !peer.hasUnread { unattended.subtract(1, ordering: .relaxed) }
        busy.add(1, ordering: .sequentiallyConsistent)
        let attended = isUnattended ? nil : (isDone: Semaphore(), isKept: Locked(false))
        answer(request, library.read) { [self] response, errorLine in
            let answer = FastCGILibrary.Answer(
                bytes: response.bytes(withBody: request.method != "HEAD"), errorLine: errorLine)
            let isKept = finish(library, answer, peer, isRefusal: response.status == .forbidden) && isKept(peer)
            if let attended {
                attended.isKept.withLock { $0 = isKept }
                attended.isDone.post()
            } else {
                unattended.subtract(1, ordering: .relaxed)
                if isKept { room.add(peer) }
            }
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
        guard let attended else { return false }
        attended.isDone.wait()
        return attended.isKept.withLock { $0 }
    }

    /// Sends an answer, or lets it wait where there are many refusals.
    ///
    /// - Returns: Whether it was sent.
    private func finish(
        _ library: FastCGILibrary, _ answer: FastCGILibrary.Answer, _ peer: FastCGIPeer, isRefusal: Bool
    ) -> Bool {
        defer { libraries.withLock { $0.append(library) } }
        if isRefusal, !isStopped {
            guard let bytes = library.keep(answer), !slowLane.take(bytes, for: peer) else { return false }
            return peer.send(bytes)
        }
        if library.send(answer, to: peer.descriptor) { return true }
        peer.abandon()
        return false
    }

    /// Makes a connection ready for another request, if it can bring one.
    private func isKept(_ peer: FastCGIPeer) -> Bool {
        guard peer.assembly.keepsConnection, !isStopped else { return false }
        peer.beginNext()
        return true
    }

    private var isStopped: Bool { isStopping.load(ordering: .sequentiallyConsistent) }

    private func watch(_ descriptor: Int32, _ interest: UInt32) {
        var event = epoll_event()
        event.events = interest
        event.data.fd = descriptor
        epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event)
    }
}
