import Ledger
import Synchronization

/// One connection's requests, from the first byte to the answer.
extension FastCGIServer {
    /// Takes a request if one is there, and lets the connection wait or go.
    ///
    /// - Returns: Whether there is a job to do now.
    func serve(_ peer: FastCGIPeer, _ buffer: UnsafeMutableRawBufferPointer) -> Bool {
        while true {
            switch peer.read(buffer) {
            case .waiting: if room.add(peer) { return false }
            case .over: return false
            case .request: return respond(to: peer)
            }
        }
    }

    /// Lets the connection of an answered request, or a new one, wait for what comes.
    ///
    /// - Returns: Whether that has come already, which is a job to do now.
    @discardableResult
    func goOn(with peer: FastCGIPeer) -> Bool {
        if !peer.hasMore, room.add(peer) { return false }
        add(.serve(peer))
        return true
    }

    private func add(_ job: Job, first: Bool = false) {
        busy.add(1, ordering: .sequentiallyConsistent)
        workload.add(job, first: first)
    }

    /// Lets the request that a peer has sent be answered.
    ///
    /// - Returns: Whether that is a job to do now.
    private func respond(to peer: FastCGIPeer) -> Bool {
        if !admission.tryWait() {
            didTake()
            admission.wait()
        }
        let library = libraries.withLock { $0.popLast() } ?? FastCGILibrary()
        guard library.begin(peer.assembly.bytes) else {
            admission.post()
            return false
        }
        let request = Request { library.variable($0) }
        busy.add(1, ordering: .sequentiallyConsistent)
        if request.method == "POST" {
            answer(request, library, peer)
            return false
        }
        add(.answer(request, library, peer), first: true)
        return true
    }

    func answer(_ request: Request, _ library: FastCGILibrary, _ peer: FastCGIPeer) {
        // The stream's end is the body's, whatever length was told.
        answer(request, { library.read(expecting: $0, limit: $1) }) { [self] response, errorLine in
            let answer = FastCGILibrary.Answer(
                bytes: response.bytes(withBody: request.method != "HEAD"), errorLine: errorLine)
            let isSent = finish(library, answer, peer, isRefusal: response.status == .forbidden)
            admission.post()
            if isSent, isKept(peer) { goOn(with: peer) }
            busy.subtract(1, ordering: .sequentiallyConsistent)
        }
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
    func isKept(_ peer: FastCGIPeer) -> Bool {
        guard peer.assembly.keepsConnection, !isStopped else { return false }
        peer.beginNext()
        return true
    }

    private var isStopped: Bool { isStopping.load(ordering: .sequentiallyConsistent) }
}
