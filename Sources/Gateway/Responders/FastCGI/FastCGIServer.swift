import CLinux
import Glibc
import Ledger
import Synchronization

/// Serves FastCGI on a listening socket with a number of threads, until told to stop.
///
/// Threads only ever meet whole requests: connections wait for their first byte, for the rest of a request and for the
/// next one in a room that all threads share. A silent or slow peer holds a descriptor, never a thread.
package final class FastCGIServer: Sendable {
    /// Answers one request.
    package typealias Answer = @Sendable (Request, (Int) -> [UInt8]) -> (response: Response, errorLine: String?)

    /// Seconds for requests in flight to end after the order to stop.
    private static let stopTimeout = 10
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
    /// Threads that deal with a connection.
    private let busy = Atomic(0)
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
        var library = FastCGILibrary()
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
                for answer in slowLane.due() where send(answer.bytes, to: answer.peer) {
                    serve(answer.peer, &library, buffer)
                }
            } else if let peer = descriptor == listener ? accept() : room.take(descriptor) {
                serve(peer, &library, buffer)
            }
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    private func accept() -> FastCGIPeer? {
        let descriptor = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        if descriptor >= 0 { return FastCGIPeer(descriptor, maximumBody: maximumBody) }
        if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
            room.makeRoom()
            // If that was not enough, others must finish first, and spinning would only keep them from it.
            usleep(1_000)
        }
        return nil
    }

    /// Answers every request that is there, then lets the connection wait or go.
    private func serve(
        _ peer: FastCGIPeer, _ library: inout FastCGILibrary, _ buffer: UnsafeMutableRawBufferPointer
    ) {
        while true {
            switch peer.read(buffer) {
            case .waiting:
                room.add(peer)
                return
            case .over: return
            case .request:
                var isRefused = false
                let bytes = library.answer(peer.assembly.bytes) { library in
                    let request = Request { library.variable($0) }
                    let (response, errorLine) = answer(request) { library.read($0) }
                    if let errorLine { library.writeError(errorLine) }
                    library.write(response.bytes(withBody: request.method != "HEAD"))
                    isRefused = response.status == .forbidden
                }
                guard let bytes else { return }
                if isRefused, !isStopped, slowLane.take(bytes, for: peer) { return }
                guard send(bytes, to: peer) else { return }
            }
        }
    }

    /// Sends an answer.
    ///
    /// - Returns: Whether the connection can bring another request.
    private func send(_ bytes: [UInt8], to peer: FastCGIPeer) -> Bool {
        guard peer.send(bytes), peer.assembly.keepsConnection, !isStopped else { return false }
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
