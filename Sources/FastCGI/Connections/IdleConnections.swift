import CLinux
import Glibc
import System

/// Connections that wait for their peers: for a first byte, for the rest of a request, for the next request. They hold
/// a descriptor and what has come so far, never a thread.
package final class IdleConnections: Sendable {
    /// Nanoseconds without a byte in the middle of a request.
    private static let requestSilence: Int64 = 10 * 1_000_000_000
    /// Nanoseconds for a whole request.
    private static let requestTime: Int64 = 120 * 1_000_000_000
    /// Nanoseconds without a request.
    private static let idleTime: Int64 = 60 * 1_000_000_000
    /// Nanoseconds for a first byte, when the service is to stop.
    private static let firstByteTime: Int64 = 1_000_000_000
    /// Bytes of all requests that are coming in.
    private static let maximumSize = 64 << 20

    private struct State {
        var peers: [Int32: FastCGIPeer] = [:]
        /// Descriptors on which something has come while their connection was elsewhere. That of one which was closed
        /// since costs whoever has its number now a look.
        var early: Set<Int32> = []
        var size = 0
        var isTimerSet = false

        @discardableResult
        mutating func remove(_ descriptor: Int32) -> FastCGIPeer? {
            guard let peer = peers.removeValue(forKey: descriptor) else { return nil }
            size -= peer.size
            return peer
        }
    }

    private let state = Locked(State())
    private let capacity: Int
    private let events: Int32
    private let tell: @Sendable (FastCGIEvent) -> Void
    /// Becomes readable when `expire` should be called.
    let timer: Int32

    /// - Parameters:
    ///   - events: The epoll set that is told when something comes.
    ///   - capacity: Connections that may wait.
    ///   - tell: Told of requests that are given up.
    package init(events: Int32, capacity: Int, tell: @escaping @Sendable (FastCGIEvent) -> Void) {
        self.events = events
        self.tell = tell
        self.capacity = max(capacity, 1)
        timer = timerfd_create(CLOCK_MONOTONIC, Int32(TFD_CLOEXEC | TFD_NONBLOCK))
    }

    /// Takes in a connection until something comes, or the epoll set tells once more of what has come. Where there are
    /// too many, those that were silent longest go.
    package func add(_ peer: FastCGIPeer) {
        let (evicted, failure): ([FastCGIPeer], LedgerError?) = state.withLock { state in
            let isEarly = !state.early.isEmpty && state.early.remove(peer.descriptor) != nil
            let isFull = state.peers.count >= capacity || state.size + peer.size > Self.maximumSize
            let evicted = isFull ? Self.removeSilent(&state) : []
            do throws(LedgerError) { try watch(peer, isEarly: isEarly) } catch {
                // Nobody would ever hear of it again.
                return (evicted, error)
            }
            state.peers[peer.descriptor] = peer
            state.size += peer.size
            if !state.isTimerSet {
                state.isTimerSet = true
                setTimer()
            }
            return (evicted, nil)
        }
        if let failure { tell(.failed(failure)) }
        giveUp(evicted)
    }

    /// Tells of requests that are not answered, and of connections whose first one may be on its way. Closing takes place
    /// outside the lock, with the last reference.
    private func giveUp(_ evicted: [FastCGIPeer]) {
        for peer in evicted where peer.assembly.hasBegun {
            tell(.brokenOff("the request came too slowly, and room was needed for others"))
        }
        let silent = evicted.count { !$0.hasSpoken }
        if silent > 0 {
            tell(.brokenOff("closed \(silent) connections on which nothing had come, as room was needed for others"))
        }
    }

    /// Hands over a connection that something has come on; `nil` if it is elsewhere, where `add` will tell of it.
    package func take(_ descriptor: Int32) -> FastCGIPeer? {
        state.withLock { state in
            let peer = state.remove(descriptor)
            if peer == nil { state.early.insert(descriptor) }
            return peer
        }
    }

    /// Closes what was silent longest, so that there are descriptors again.
    package func closeSilent() {
        giveUp(state.withLock { Self.removeSilent(&$0) })
    }

    /// Closes idle connections, and hangs up on requests that do not come on.
    func expire() {
        var count: UInt64 = 0
        _ = read(timer, &count, MemoryLayout<UInt64>.size)
        let now = Clock.nanoseconds
        let expired = state.withLock { state in
            var expired: [FastCGIPeer] = []
            for peer in state.peers.values {
                if peer.assembly.hasBegun {
                    if now - peer.heard >= Self.requestSilence || now - peer.begun >= Self.requestTime { peer.hangUp() }
                } else if now - peer.heard >= Self.idleTime {
                    expired.append(peer)
                }
            }
            for peer in expired { state.remove(peer.descriptor) }
            state.isTimerSet = !state.peers.isEmpty
            if state.isTimerSet { setTimer() }
            return expired
        }
        withExtendedLifetime(expired) {}
    }

    /// Requests of which something has come.
    var begun: Int { state.withLock { $0.peers.values.count { $0.assembly.hasBegun } } }

    /// Closes connections that have nothing to say. One that has just been made is about to: its peer would take the
    /// request for refused, although another process could have had it.
    ///
    /// - Returns: Whether none is left.
    func removeIdle() -> Bool {
        let now = Clock.nanoseconds
        let (removed, isEmpty) = state.withLock { state in
            let idle = state.peers.values.filter { peer in
                let isExpected = !peer.hasSpoken && now - peer.heard < Self.firstByteTime
                return !peer.assembly.hasBegun && !peer.hasInput && !isExpected
            }
            for peer in idle { state.remove(peer.descriptor) }
            return (idle, state.peers.isEmpty)
        }
        withExtendedLifetime(removed) {}
        return isEmpty
    }

    /// Removes an eighth of them, so that this is rare.
    private static func removeSilent(_ state: inout State) -> [FastCGIPeer] {
        let oldest = state.peers.values.sorted { $0.heard < $1.heard }.prefix(state.peers.count / 8 + 1)
        for peer in oldest { state.remove(peer.descriptor) }
        return Array(oldest)
    }

    private func setTimer() {
        var time = itimerspec()
        time.it_value.tv_sec = 1
        timerfd_settime(timer, 0, &time, nil)
    }

    /// Lets the epoll set tell once of whatever comes from now on, and of what was left unread.
    private func watch(_ peer: FastCGIPeer, isEarly: Bool) throws(LedgerError) {
        if peer.isWatched, peer.isDrained, !isEarly { return }
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLET.rawValue
        event.data.fd = peer.descriptor
        let change = peer.isWatched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD
        try systemCall("epoll_ctl", "a connection") { epoll_ctl(events, change, peer.descriptor, &event) }
        peer.isWatched = true
    }
}
