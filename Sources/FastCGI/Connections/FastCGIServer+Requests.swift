import Synchronization
import System

/// One connection's requests, from the first byte to the answer.
extension FastCGIServer {
    /// Takes a request if one is there, and lets the connection wait or go.
    ///
    /// - Returns: Whether there is a job to do now.
    package func serve(_ peer: FastCGIPeer, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        while true {
            switch peer.read(buffer) {
            case .waiting: if idle.add(peer) { return false }
            case .over(let reason):
                if let reason { tell(.brokenOff(reason)) }
                return false
            case .request: return respond(to: peer)
            }
        }
    }

    /// Lets the connection of an answered request, or a new one, wait for what comes.
    ///
    /// - Returns: Whether that has come already, which is a job to do now.
    @discardableResult
    func goOn(with peer: FastCGIPeer) -> Bool {
        if !peer.hasMore, idle.add(peer) { return false }
        add(.serve(peer))
        return true
    }

    private func add(_ job: Job, first: Bool = false) {
        busy.add(1, ordering: .sequentiallyConsistent)
        jobs.add(job, first: first)
    }

    /// Lets the request that a peer has sent be answered.
    ///
    /// - Returns: Whether that is a job to do now.
    private func respond(to peer: FastCGIPeer) -> Bool {
        let bytes = peer.assembly.size
        if !admission.tryEnter(bytes: bytes) {
            didTake()
            admission.enter(bytes: bytes)
        }
        let library = libraries.withLock { $0.popLast() } ?? FastCGILibrary()
        do throws(LedgerError) {
            try library.begin(peer.assembly.bytes)
        } catch {
            admission.leave(bytes: bytes)
            tell(.failed(error))
            return peer.send(peer.assembly.answer(unavailable.bytes)) && isKept(peer) && goOn(with: peer)
        }
        peer.forgetRequest()
        didAnswer(bytes: bytes)
        busy.add(1, ordering: .sequentiallyConsistent)
        if isShort(library.variable) {
            answer(library, peer, bytes: bytes)
            return false
        }
        add(.answer(library, peer, bytes: bytes), first: true)
        return true
    }

    package func answer(_ library: FastCGILibrary, _ peer: FastCGIPeer, bytes: Int) {
        // The stream's end is the body's, whatever length was told.
        answer(library.variable, { library.read(expecting: $0, limit: $1) }) { [self] reply in
            let isSent = finish(library, reply, peer)
            admission.leave(bytes: bytes)
            if isSent, isKept(peer) { goOn(with: peer) }
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
    }

    /// Seconds for which a peer may take to read a long answer. One to a callback is short.
    private static let longestAnswer = 10

    /// Sends an answer, or lets it wait where there are many refusals.
    ///
    /// - Returns: Whether it was sent.
    private func finish(
        _ library: FastCGILibrary, _ reply: FastCGIReply, _ peer: FastCGIPeer
    ) -> Bool {
        defer { libraries.withLock { $0.append(library) } }
        if reply.isRefusal, !isStopped {
            let bytes = library.keep(reply) ?? peer.assembly.answer(reply.bytes)
            return !tarpit.take(bytes, for: peer) && peer.send(bytes)
        }
        if reply.bytes.count > FastCGILibrary.longestHeldBack {
            let bytes = library.keep(reply) ?? peer.assembly.answer(reply.bytes)
            return peer.send(bytes, within: Self.longestAnswer)
        }
        if library.send(reply, to: peer.descriptor) { return true }
        peer.abandon()
        return false
    }

    /// Makes a connection ready for another request, if it can bring one.
    func isKept(_ peer: FastCGIPeer) -> Bool {
        guard peer.assembly.keepsConnection, !isStopped else { return false }
        peer.beginNext()
        return true
    }

    private var isStopped: Bool { isStopping.load(ordering: .sequentiallyConsistent) }
}
