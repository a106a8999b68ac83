import CLinux
import Glibc
import Ledger
import Synchronization

/// Serves FastCGI on a listening socket with a number of threads, until told to stop.
///
/// Connections wait for their first byte, and kept ones for their next request, in one epoll set that all threads
/// share: a silent peer holds a descriptor, never a thread.
package final class FastCGIServer: Sendable {
    /// Answers one request.
    package typealias Answer = @Sendable (Request, (Int) -> [UInt8]) -> (response: Response, errorLine: String?)

    /// Seconds that a peer may stay silent in the middle of a request, or not take its answer.
    private static let peerTimeout = 10
    /// Seconds for requests in flight to end after the order to stop.
    private static let stopTimeout = 10

    private let listener: Int32
    private let servesQueue: Bool
    private let threads: Int
    private let answer: Answer
    private let events: Int32
    private let stopSignal: Int32
    private let running = Atomic(0)

    /// - Parameter listener: Stays open as long as the server runs; the caller closes it.
    package init(_ listener: borrowing ListeningSocket, threads: Int, answer: @escaping Answer) {
        FastCGIConnection.initializeLibrary()
        self.listener = listener.descriptor
        servesQueue = listener.isOwn
        self.threads = threads
        self.answer = answer
        events = epoll_create1(Int32(EPOLL_CLOEXEC))
        stopSignal = eventfd(0, Int32(EFD_CLOEXEC))
        watch(listener.descriptor)
        watch(stopSignal)
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
        eventfd_write(stopSignal, 1)
        let deadline = Deadline(seconds: Self.stopTimeout)
        while running.load(ordering: .sequentiallyConsistent) > 0, !deadline.hasPassed { usleep(2_000) }
    }

    private func work() {
        let connection = FastCGIConnection()
        while true {
            var event = epoll_event()
            let count = epoll_wait(events, &event, 1, -1)
            guard count > 0 else { continue }
            switch event.data.fd {
            case stopSignal:
                if servesQueue { while acceptOne(connection) {} }
                return
            case listener: _ = acceptOne(connection)
            case let ready: serve(ready, connection)
            }
        }
    }

    /// - Returns: Whether there was a connection.
    private func acceptOne(_ connection: borrowing FastCGIConnection) -> Bool {
        let accepted = accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
        guard accepted >= 0 else {
            // Out of descriptors or memory: others must finish first, and spinning would only keep them from it.
            if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) { usleep(10_000) }
            return false
        }
        setTimeouts(accepted)
        if hasInput(accepted) {
            serve(accepted, connection)
        } else {
            watch(accepted, once: true)
        }
        return true
    }

    private func serve(_ descriptor: Int32, _ connection: borrowing FastCGIConnection) {
        while true {
            let remains = connection.serve(descriptor) { connection in
                let request = Request { connection.variable($0) }
                let (response, errorLine) = answer(request) { connection.read($0) }
                if let errorLine { connection.writeError(errorLine) }
                connection.write(response.bytes(withBody: request.method != "HEAD"))
            }
            switch remains {
            case .closed: return
            case .done:
                close(descriptor)
                return
            case .kept:
                if hasInput(descriptor) { continue }
                watch(descriptor, once: true)
                return
            }
        }
    }

    private func hasInput(_ descriptor: Int32) -> Bool {
        var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) > 0
    }

    private func setTimeouts(_ descriptor: Int32) {
        var time = timeval(tv_sec: Self.peerTimeout, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, length)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, length)
    }

    /// Waits for input; `once` hands it to one thread alone, until it is watched again.
    private func watch(_ descriptor: Int32, once: Bool = false) {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | (once ? EPOLLONESHOT.rawValue : 0)
        event.data.fd = descriptor
        if epoll_ctl(events, EPOLL_CTL_MOD, descriptor, &event) != 0 {
            epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event)
        }
    }
}
