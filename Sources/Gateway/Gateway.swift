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
        case tellHealth
        /// Read a body of at most this many bytes, and store it.
        case store
    }

    /// Decides; does nothing. Strangers learn nothing but that they are refused.
    func disposition(of request: Request) -> Disposition {
        if let refusal = access.refusal(of: request) { return .refuse(.forbidden, reason: refusal.rawValue) }
        switch request.method {
        case "GET", "HEAD": return .tellHealth
        case "POST":
            if let length = request.contentLength, length > maximumBody {
                return .refuse(.tooLarge(limit: maximumBody), reason: "size")
            }
            return .store
        default: return .refuse(.methodNotAllowed, reason: "method")
        }
    }

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - arrival: When the request came in.
    ///   - readBody: Reads up to a number of bytes, to the end or until the sender fails to send more.
    ///   - commit: Stores a submission; calls back when it is durable, or has failed.
    ///   - probe: Says why a submission could not be stored now; `nil` if it could.
    ///   - reply: Called once, before this returns or by whoever calls `commit` back.
    package func answer(
        _ request: Request, arrival: @autoclosure () -> Timestamp, readBody: (Int) -> [UInt8],
        commit: (Submission, @escaping CommitQueue.Completion) -> Void, probe: () -> LedgerError?,
        reply: @escaping @Sendable (Response) -> Void
    ) {
        switch disposition(of: request) {
        case .refuse(let response, let reason):
            log.refused(status: response.status.rawValue, reason: reason, address: request.remoteAddress)
            reply(response)
        case .tellHealth:
            let error = probe()
            if let error { log.failed(error) }
            reply(error.map(Response.failed) ?? .healthy)
        case .store:
            // One byte more than allowed tells a body of unknown length that is too long from one that just fits.
            let body = readBody(request.contentLength ?? maximumBody + 1)
            guard body.count <= maximumBody else {
                log.refused(status: 413, reason: "size", address: request.remoteAddress)
                reply(.tooLarge(limit: maximumBody))
                return
            }
            let delivery = Delivery(
                body: body, receivedAt: arrival(), remoteAddress: request.remoteAddress,
                declaredLength: request.contentLength)
            commit(Submission(delivery)) { reply(Response($0)) }
        }
    }
}
