import Formats
import Journal
import Ledger
import System

/// One request to one reply, whichever way the request came in.
package struct Gateway: Sendable {
    private let access: AccessPolicy
    private let maximumBody: Int
    private let log: EventLog

    /// - Parameter maximumBody: Bytes of the largest body.
    package init(access: AccessPolicy, maximumBody: Int, log: EventLog) {
        self.access = access
        self.maximumBody = maximumBody
        self.log = log
    }

    /// What to do with a request, as far as its header tells.
    enum Disposition: Equatable {
        case refuse(Response, reason: String)
        /// Tell whether callbacks can be stored, unless there is a report in the query or anything in the body.
        case tellHealth
        /// Read the body, and store it.
        case store
    }

    /// Decides; does nothing. Strangers learn nothing but that they are refused.
    func disposition(of request: Request) -> Disposition {
        if let refusal = access.refusal(of: request) { return .refuse(.forbidden, reason: refusal.rawValue) }
        guard ["GET", "HEAD", "POST"].contains(request.method) else {
            return .refuse(.methodNotAllowed, reason: "method")
        }
        if let length = request.contentLength, length > maximumBody {
            return .refuse(.tooLarge(limit: maximumBody), reason: "size")
        }
        return request.method == "POST" ? .store : .tellHealth
    }

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - arrival: When the request came in.
    ///   - commit: Stores a submission; calls back when it is durable, or has failed.
    ///   - probe: Says why a submission could not be stored now; `nil` if it could.
    ///   - reply: Called once, before this returns or by whoever calls `commit` back.
    package func answer(
        _ request: Request, arrival: @autoclosure () -> Timestamp, readBody: Request.BodyReader,
        commit: (Submission, @escaping CommitQueue.Completion) -> Void, probe: () -> LedgerError?,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        let isPost: Bool
        switch disposition(of: request) {
        case .refuse(let response, let reason):
            refuse(request, response, reason, reply)
            return
        case .tellHealth: isPost = false
        case .store: isPost = true
        }
        // One byte more than allowed tells a body that is too long from one that just fits. A GET has a body only if it
        // says so, or if there is one already: its input may never end.
        let body = readBody(isPost ? request.contentLength : request.contentLength ?? 0, maximumBody + 1)
        guard body.count <= maximumBody else {
            refuse(request, .tooLarge(limit: maximumBody), "size", reply)
            return
        }
        let carriesReport = request.carriesReport
        if !isPost, body.isEmpty, !carriesReport {
            let error = probe()
            if let error { log.failed(error) }
            let response = error.map(Response.failed) ?? .healthy
            log.asked(status: response.status.rawValue, address: request.remoteAddress)
            reply(response)
            return
        }
        var delivery = Delivery(
            body: body, receivedAt: arrival(), remoteAddress: request.remoteAddress,
            declaredLength: request.contentLength, contentType: request.contentType)
        // What a POST's body says counts, whatever its query holds.
        if !isPost || carriesReport && delivery.isRejected {
            guard request.query.count <= maximumBody else {
                refuse(request, .queryTooLarge(limit: maximumBody), "size", reply)
                return
            }
            delivery.method = request.method
            if !request.query.isEmpty { delivery.query = access.withoutTokens(request.query) }
        }
        commit(Submission(delivery)) { reply(Response($0)) }
    }

    private func refuse(
        _ request: Request, _ response: Response, _ reason: String, _ reply: @Sendable (Response) -> Void
    ) {
        log.refused(status: response.status.rawValue, reason: reason, address: request.remoteAddress)
        reply(response)
    }
}

extension Delivery {
    /// Whether this is no callback.
    fileprivate var isRejected: Bool {
        if case .rejected = Interpretation(self) { true } else { false }
    }
}
