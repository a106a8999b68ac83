import CLinux
import Glibc
import Ledger
import Synchronization

/// Serves FastCGI on a listening socket with a number of threads, until told to stop.
///
/// One thread at a time watches all connections, takes in whole requests and hands them on; none of them makes it wait.
/// Connections that wait for a first byte, for the rest of a request or for the next one are in a room of their own: a
/// silent or slow peer holds a descriptor, never a thread.
package final class FastCGIServer: Sendable {
    /// Takes a request: reads its body, and calls `reply` once, at once or later, on any thread. Must not wait for
    /// anything if the request is a POST.
    package typealias Answer = @Sendable (Request, Gateway.BodyReader, _ reply: @escaping Reply) -> Void
    /// Sends an answer, with a line for the web server's error log.
    package typealias Reply = @Sendable (Response, _ errorLine: String?) -> Void

    /// What may take long.
    enum Job: Sendable {
        /// Take what has come on a connection already.
        case serve(FastCGIPeer)
        /// Answer a request that is no POST.
        case answer(Request, FastCGILibrary, FastCGIPeer)
    }

    /// Seconds for requests in flight to end after the order to stop.
    private static let stopTimeout = 10
    /// Connections that are looked after before what came with them is handed on.
    private static let maximumEvents = 16
    /// Requests that wait for their reply, at most. More than `maximumEvents`, so that POSTs are among them, which end
    /// without a thread of this server's.
    private static let maximumRequests = min(max(DescriptorLimit.raised() / 8, 32), 256)
    /// Descriptors that a request may take: its connection, its memory, and its record's file.
    private static let descriptorsPerRequest = 3
    /// Bytes read from a connection at a time.
    private static let readLength = 64 << 10

    private let listener: Int32
    private let servesQueue: Bool
    private let threads: Int
    private let maximumBody: Int
    let answer: Answer
    let didTake: @Sendable () -> Void
    private let events: Int32
    private let stopSignal: Int32
    let room: WaitingRoom
    let slowLane = SlowLane()
    let workload = Workload<Job>()
    private let running = Atomic(0)
    /// Threads that deal with connections, jobs, and requests that wait for their reply.
    let busy = Atomic(0)
    /// One for each request that may be taken on.
    let admission = Semaphore(count: FastCGIServer.maximumRequests)
    /// What can serve a request at the moment.
    let libraries = Locked<[FastCGILibrary]>([])
    let isStopping = Atomic(false)

    /// - Parameters:
    ///   - listener: Stays open as long as the server runs; the caller closes it.
    ///   - maximumBody: Bytes of the largest body; of a larger one, `answer` gets one byte more.
    ///   - didTake: Called when `answer` was called with all that has come at once.
    package init(
        _ listener: borrowing ListeningSocket, threads: Int, maximumBody: Int, answer: @escaping Answer,
        didTake: @escaping @Sendable () -> Void = {}
    ) {
        FastCGILibrary.initialize()
        self.listener = listener.descriptor
        servesQueue = listener.isOwn
        self.threads = threads
        self.maximumBody = maximumBody
        self.answer = answer
        self.didTake = didTake
        events = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopSignal = eventfd(0, Int32(EFD_CLOEXEC))
        // What is left is for the data directory, the log, and the requests that are being answered.
        let reserve = 128 + Self.descriptorsPerRequest * Self.maximumRequests
        room = WaitingRoom(events: events, capacity: DescriptorLimit.raised() - reserve)
        // Of several processes that serve one socket, one is to wake for a connection.
        watch(self.listener, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue)
        for descriptor in [room.timer, slowLane.timer, stopSignal] { watch(descriptor, EPOLLIN.rawValue) }
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
        if servesQueue { while let peer = accept() { goOn(with: peer) } }
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
            switch workload.next() {
            case .stop: return
            case .watch: watch(buffer)
            case .job(let job):
                switch job {
                case .serve(let peer):
                    _ = serve(peer, buffer)
                    didTake()
                case .answer(let request, let library, let peer):
                    answer(request, library, peer)
                    // A GET that carries a report is stored too.
                    didTake()
                }
                busy.subtract(1, ordering: .sequentiallyConsistent)
            }
        }
    }

    /// Takes what comes, until something did that may take long.
    private func watch(_ buffer: UnsafeMutableRawBufferPointer) {
        var ready = [epoll_event](repeating: epoll_event(), count: Self.maximumEvents)
        var hasJobs = false
        while !hasJobs {
            let count = epoll_wait(events, &ready, Int32(ready.count), -1)
            guard count > 0 else { continue }
            busy.add(1, ordering: .sequentiallyConsistent)
            for event in ready[..<Int(count)] {
                if event.data.fd == stopSignal {
                    workload.stop(threads: threads)
                    return
                }
                if take(event.data.fd, buffer) { hasJobs = true }
            }
            didTake()
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
        // This thread may be needed for one of them.
        workload.handOver()
    }

    /// Looks after a descriptor on which something has come.
    ///
    /// - Returns: Whether there is a job to do now.
    private func take(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        if descriptor == room.timer {
            room.expire()
        } else if descriptor == slowLane.timer {
            var hasJobs = false
            for answer in slowLane.due() where answer.peer.send(answer.bytes) && isKept(answer.peer) {
                if goOn(with: answer.peer) { hasJobs = true }
            }
            return hasJobs
        } else if let peer = descriptor == listener ? accept() : room.take(descriptor) {
            return serve(peer, buffer)
        }
        return false
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

    private func watch(_ descriptor: Int32, _ interest: UInt32) {
        var event = epoll_event()
        event.events = interest
        event.data.fd = descriptor
        epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event)
    }
}
