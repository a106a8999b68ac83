import CLinux
import Glibc
import Synchronization
import System

/// Serves FastCGI on a listening socket with a number of threads, until told to stop.
///
/// One thread at a time watches all connections, takes in whole requests and hands them on; none of them makes it wait.
/// Connections that wait for a first byte, for the rest of a request or for the next one are kept apart: a
/// silent or slow peer holds a descriptor, never a thread.
package final class FastCGIServer: Sendable {
    /// Takes a request: looks at its CGI variables, reads its body, and calls `reply` once, at once or later, on any thread.
    /// Must not wait for anything if the request is a POST.
    package typealias Answer =
        @Sendable (
            _ variable: (String) -> String?, _ read: (_ expected: Int?, _ limit: Int) -> [UInt8],
            _ reply: @escaping @Sendable (FastCGIReply) -> Void
        ) -> Void

    /// What may take long.
    package enum Job: Sendable {
        /// Take what has come on a connection already.
        case serve(FastCGIPeer)
        /// Answer a request that is no POST.
        case answer(FastCGIPeer, bytes: Int)
    }

    /// Seconds for requests in flight to end after the order to stop.
    private static let stopTimeout = 10
    /// Connections that are looked after before what came with them is handed on.
    private static let maximumEvents = 16
    /// Requests that wait for their reply, at most. More than `maximumEvents`, so that POSTs are among them, which end
    /// without a thread of this server's.
    private static let maximumRequests = min(max(DescriptorLimit.raised() / 8, 32), 256)
    /// Bytes of the requests that wait for their reply, at most.
    private static let maximumBytes = 16 << 20
    /// Bytes of requests after which memory is given back as soon as it is quiet, and milliseconds that quiet is.
    private static let burstLength = 4 << 20
    private static let quietTime: Int32 = 1_000
    /// Descriptors that a request may take: its connection, and its record's file.
    private static let descriptorsPerRequest = 2
    /// Bytes read from a connection at a time.
    private static let readLength = 64 << 10

    private let listener: Int32
    private let servesQueue: Bool
    private let maximumBody: Int
    package let answer: Answer
    let isShort: @Sendable ((String) -> String?) -> Bool
    package let didTake: @Sendable () -> Void
    /// What is answered where there is no memory for an answer.
    let unavailable: FastCGIReply
    let tell: @Sendable (FastCGIEvent) -> Void
    private let events: Int32
    private let stopSignal: Int32
    /// Becomes readable when a job waits for the thread that watches.
    let jobSignal: Int32
    package let idle: IdleConnections
    let tarpit: Tarpit
    let jobs = JobQueue<Job>()
    private let running = Atomic(0)
    /// Threads that deal with connections, jobs, and requests that wait for their reply.
    let busy = Atomic(0)
    /// One for each request that may be taken on.
    let admission = Admission(
        maximumCount: FastCGIServer.maximumRequests, maximumBytes: FastCGIServer.maximumBytes)
    /// Errors of accept4(2) that are told of.
    private let complaints = TokenBucket(burst: 1, rate: 1)
    /// Bytes of requests since memory was given back.
    private let answered = Atomic(0)
    /// What can answer a request at the moment; as many as threads have ever answered at once.
    let libraries = Locked<[FastCGILibrary]>([])
    let isStopping = Atomic(false)
    /// Threads wait here until all are there.
    private let start = Semaphore()

    /// - Parameters:
    ///   - listener: Stays open as long as the server runs; the caller closes it.
    ///   - maximumBody: Bytes of the largest body; of a larger one, `answer` gets one byte more.
    ///   - isShort: Whether a request, told by its variables, is handed over at once and not waited for, so that the
    ///     watching thread itself can call `answer`.
    ///   - unavailable: Sent where there is no memory for the answer.
    ///   - didTake: Called when `answer` was called with all that has come at once.
    ///   - tell: Told of what happens beside.
    package init(
        _ listener: borrowing ListeningSocket, maximumBody: Int, answer: @escaping Answer,
        isShort: @escaping @Sendable ((String) -> String?) -> Bool,
        unavailable: FastCGIReply, didTake: @escaping @Sendable () -> Void = {},
        tell: @escaping @Sendable (FastCGIEvent) -> Void = { _ in }
    ) throws(ListeningSocket.Problem) {
        FastCGILibrary.initialize()
        self.listener = listener.descriptor
        servesQueue = listener.isOwn
        self.maximumBody = maximumBody
        self.answer = answer
        self.isShort = isShort
        self.unavailable = unavailable
        self.didTake = didTake
        self.tell = tell
        events = try Self.made("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        stopSignal = try Self.made("eventfd") { eventfd(0, Int32(EFD_CLOEXEC)) }
        jobSignal = try Self.made("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) }
        // What is left is for the data directory, the log, and the requests that are being answered.
        let reserve = 128 + Self.descriptorsPerRequest * Self.maximumRequests
        let idle = IdleConnections(events: events, capacity: DescriptorLimit.raised() - reserve, tell: tell)
        try Self.made("timerfd_create") { idle.timer }
        self.idle = idle
        let tarpit = Tarpit()
        try Self.made("timerfd_create") { tarpit.timer }
        self.tarpit = tarpit
        // Of several processes that serve one socket, one is to wake for a connection.
        try watch(self.listener, EPOLLIN.rawValue | EPOLLEXCLUSIVE.rawValue)
        for descriptor in [idle.timer, tarpit.timer, stopSignal, jobSignal] { try watch(descriptor, EPOLLIN.rawValue) }
    }

    /// Without these nobody would ever hear of a connection.
    @discardableResult
    private static func made(_ call: String, _ body: () -> Int32) throws(ListeningSocket.Problem) -> Int32 {
        do throws(LedgerError) { return try systemCall(call, "the socket", body) } catch {
            throw ListeningSocket.Problem("cannot serve: \(call): \(error.reason)")
        }
    }

    /// Starts threads, which serve when `run` is called.
    ///
    /// - Throws: Why there are fewer; `run` serves with those that there are.
    package func startThreads(_ count: Int) throws(Thread.Failure) {
        for _ in 0..<count {
            try Thread.start { [self] in
                start.wait()
                work()
                running.subtract(1, ordering: .sequentiallyConsistent)
            }
            running.add(1, ordering: .sequentiallyConsistent)
        }
    }

    /// How many threads were started.
    package var threads: Int { running.load(ordering: .sequentiallyConsistent) }

    /// Serves until SIGTERM or SIGINT, which must be blocked in all threads (see `Signals`); then finishes what is in
    /// flight. Where no thread could be started, serves on the calling one.
    package func run(beforeStopping prepareToStop: () -> Void) {
        if threads == 0 {
            workAlone(beforeStopping: prepareToStop)
        } else {
            jobs.begin()
            for _ in 0..<threads { start.post() }
            Signals.waitForStop()
            let deadline = stop(prepareToStop)
            while !isQuiet, !deadline.hasPassed { usleep(2_000) }
            eventfd_write(stopSignal, 1)
            while threads > 0, !deadline.hasPassed { usleep(2_000) }
        }
        let left = idle.begun
        if left > 0 { tell(.brokenOff("told to stop with \(left) requests that had not come whole")) }
    }

    /// Takes no more connections than those that nobody else would serve.
    ///
    /// - Returns: When to stop whatever is left.
    private func stop(_ prepareToStop: () -> Void) -> Deadline {
        prepareToStop()
        isStopping.store(true, ordering: .sequentiallyConsistent)
        epoll_ctl(events, EPOLL_CTL_DEL, listener, nil)
        if servesQueue { while let peer = accept() { goOn(with: peer) } }
        return Deadline(seconds: Self.stopTimeout)
    }

    /// Whether no request is coming in or being answered.
    private var isQuiet: Bool {
        idle.removeIdle() && tarpit.isEmpty && busy.load(ordering: .sequentiallyConsistent) == 0
            && idle.removeIdle()
    }

    private func work() {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.readLength, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            switch jobs.next() {
            case .stop: return
            case .watch: watch(buffer)
            case .job(let job): perform(job, buffer)
            }
        }
    }

    private func perform(_ job: Job, _ buffer: UnsafeMutableRawBufferPointer) {
        switch job {
        case .serve(let peer):
            _ = serve(peer, buffer)
            didTake()
        case .answer(let peer, let bytes):
            answer(peer, bytes: bytes)
            // A GET that carries a report is stored too.
            didTake()
        }
        busy.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// All that several threads do otherwise, until told to stop.
    private func workAlone(beforeStopping prepareToStop: () -> Void) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.readLength, alignment: 16)
        defer { buffer.deallocate() }
        let signals = Signals.stopDescriptor()
        do throws(ListeningSocket.Problem) { try watch(signals, EPOLLIN.rawValue) } catch {
            tell(.brokenOff("no signal can be waited for; \(error.sentence)"))
        }
        var deadline: Deadline?
        var ready = [epoll_event](repeating: epoll_event(), count: Self.maximumEvents)
        while true {
            let count = epoll_wait(events, &ready, Int32(ready.count), deadline == nil ? patience : 10)
            if count == 0, deadline == nil { giveBackMemory() }
            for event in ready[..<Int(max(count, 0))] {
                if event.data.fd != signals {
                    _ = take(event.data.fd, buffer)
                } else if deadline == nil {
                    epoll_ctl(events, EPOLL_CTL_DEL, signals, nil)
                    deadline = stop(prepareToStop)
                }
            }
            didTake()
            while let job = jobs.nextJob() { perform(job, buffer) }
            if let deadline, isQuiet || deadline.hasPassed { return }
        }
    }

    /// Milliseconds to wait for something to come, until it is quiet.
    private var patience: Int32 { answered.load(ordering: .relaxed) > Self.burstLength ? Self.quietTime : -1 }

    /// Takes note of a request that was handed over.
    func didAnswer(bytes: Int) { answered.add(bytes, ordering: .relaxed) }

    /// Gives back what a burst has taken, once it is over.
    private func giveBackMemory() {
        answered.store(0, ordering: .relaxed)
        ProcessMemory.giveBack()
    }

    /// Takes what comes, until something did that may take long.
    private func watch(_ buffer: UnsafeMutableRawBufferPointer) {
        var ready = [epoll_event](repeating: epoll_event(), count: Self.maximumEvents)
        var hasJobs = false
        while !hasJobs {
            let count = epoll_wait(events, &ready, Int32(ready.count), patience)
            if count == 0 { giveBackMemory() }
            guard count > 0 else { continue }
            busy.add(1, ordering: .sequentiallyConsistent)
            for event in ready[..<Int(count)] {
                if event.data.fd == stopSignal {
                    jobs.stop(threads: threads)
                    return
                }
                if take(event.data.fd, buffer) { hasJobs = true }
            }
            didTake()
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
        // This thread may be needed for one of them.
        jobs.handOver()
    }

    /// Looks after a descriptor on which something has come.
    ///
    /// - Returns: Whether there is a job to do now.
    private func take(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        if descriptor == idle.timer {
            idle.expire()
        } else if descriptor == tarpit.timer {
            var hasJobs = false
            for answer in tarpit.due() where answer.peer.send(answer.bytes) && isKept(answer.peer) {
                if goOn(with: answer.peer) { hasJobs = true }
            }
            return hasJobs
        } else if descriptor == jobSignal {
            var count: eventfd_t = 0
            eventfd_read(jobSignal, &count)
            return true
        } else if let peer = descriptor == listener ? accept() : idle.take(descriptor) {
            return serve(peer, buffer)
        }
        return false
    }

    private func accept() -> FastCGIPeer? {
        do throws(LedgerError) {
            return try Socket.accept(listener).map { FastCGIPeer($0, maximumBody: maximumBody) }
        } catch {
            if error.isWantOfMeans { idle.closeSilent() }
            if complaints.ask(at: Clock.nanoseconds) != .denied { tell(.failed(error)) }
            // If making room was not enough, others must finish first, and spinning would only keep them from it.
            usleep(1_000)
            return nil
        }
    }

    private func watch(_ descriptor: Int32, _ interest: UInt32) throws(ListeningSocket.Problem) {
        var event = epoll_event()
        event.events = interest
        event.data.fd = descriptor
        try Self.made("epoll_ctl") { epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event) }
    }
}
