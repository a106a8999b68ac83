import CLinux
import Synchronization
import System

/// One connection's requests, from the first byte to the answer.
extension FastCGIServer {
    /// Takes a request if one is there, and lets the connection wait or go.
    ///
    /// - Returns: Whether there is a job to do now.
    package func serve(_ peer: FastCGIPeer, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        switch peer.read(buffer, hasRoom: admission.hasRoom) {
        case .waiting:
            idle.add(peer)
            return false
        case .over(let reason):
            if let reason { tell(.brokenOff(reason)) }
            return false
        case .request: return respond(to: peer)
        }
    }

    /// Lets the connection of an answered request, or a new one, wait for what comes.
    ///
    /// - Returns: Whether that was read already, which is a job to do now.
    @discardableResult
    func goOn(with peer: FastCGIPeer) -> Bool {
        if peer.hasUnread {
            add(.serve(peer))
            return true
        }
        idle.add(peer)
        return false
    }

    private func add(_ job: Job, first: Bool = false) {
        busy.add(1, ordering: .sequentiallyConsistent)
        jobs.add(job, first: first)
        // The only thread there is may be watching.
        if threads <= 1 { eventfd_write(jobSignal, 1) }
    }

    /// Lets the request that a peer has sent be answered.
    ///
    /// - Returns: Whether that is a job to do now.
    private func respond(to peer: FastCGIPeer) -> Bool {
        let bytes = peer.assembly.size
        guard !peer.assembly.isDropped, letIn(bytes: bytes) else {
            tell(.failed(.wantOfMemory("malloc", "request")))
            return peer.send(peer.assembly.answer(unavailable.bytes)) && isKept(peer) && goOn(with: peer)
        }
        didAnswer(bytes: bytes)
        busy.add(1, ordering: .sequentiallyConsistent)
        let parameters = peer.assembly.parameters
        if isShort({ FastCGIRecord.value(of: $0, in: parameters) }) {
            answer(peer, bytes: bytes)
            return false
        }
        add(.answer(peer, bytes: bytes), first: true)
        return true
    }

    /// Waits until a request may be answered.
    ///
    /// - Returns: Whether it may; if not, there is no memory for it.
    private func letIn(bytes: Int) -> Bool {
        if admission.tryEnter(bytes: bytes) { return true }
        didTake()
        return admission.enter(bytes: bytes)
    }

    package func answer(_ peer: FastCGIPeer, bytes: Int) {
        let parameters = peer.assembly.parameters
        // The stream's end is the body's, whatever length was told.
        answer(
            { FastCGIRecord.value(of: $0, in: parameters) }, { _, limit in peer.takeBody(limit: limit) }
        ) { [self] reply in
            end(peer, bytes: bytes, isSent: finish(reply, peer))
        }
    }

    /// Takes an answered request out, and goes on with its connection if that can bring another one.
    private func end(_ peer: FastCGIPeer, bytes: Int, isSent: Bool) {
        admission.leave(bytes: bytes)
        if isSent, isKept(peer) { goOn(with: peer) }
        busy.subtract(1, ordering: .sequentiallyConsistent)
    }

    /// Seconds for which a peer may take to read a long answer. One to a callback is short.
    private static let longestAnswer = 10

    /// Sends an answer, or lets it wait where there are many refusals.
    ///
    /// - Returns: Whether it was sent.
    private func finish(_ reply: FastCGIReply, _ peer: FastCGIPeer) -> Bool {
        let library = libraries.withLock { $0.popLast() } ?? FastCGILibrary()
        defer { libraries.withLock { $0.append(library) } }
        let id = peer.assembly.requestID
        do throws(LedgerError) {
            if reply.isRefusal, !isStopped {
                let bytes = try library.keep(reply, to: id)
                return !tarpit.take(bytes, for: peer) && peer.send(bytes)
            }
            if reply.bytes.count > FastCGILibrary.longestHeldBack {
                return peer.send(try library.keep(reply, to: id), within: Self.longestAnswer)
            }
            if try library.send(reply, to: id, on: peer.descriptor) { return true }
            peer.abandon()
            return false
        } catch {
            tell(.failed(error))
            return peer.send(peer.assembly.answer(unavailable.bytes))
        }
    }

    /// Makes a connection ready for another request, if it can bring one.
    func isKept(_ peer: FastCGIPeer) -> Bool {
        guard peer.assembly.keepsConnection, !isStopped else { return false }
        peer.beginNext()
        return true
    }

    private var isStopped: Bool { isStopping.load(ordering: .sequentiallyConsistent) }
}
