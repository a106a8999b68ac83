import Formats
import Journal
import Ledger
import Page
import System

/// One request to one reply, whichever way the request came in.
package struct Gateway: Sendable {
    private let access: AccessPolicy
    private let maximumBody: Int
    private let log: EventLog
    private let panel: Panel?
    private let directory: String
    private let zone: Zone
    private let cluster: @Sendable (Timestamp) -> ClusterOverview?
    private let pagesUnderWay = Locked(0)

    /// - Parameters:
    ///   - maximumBody: Bytes of the largest body.
    ///   - panel: The operators' page; `nil` where it is closed.
    ///   - directory: The data directory that the figures are of.
    ///   - cluster: Says how the other servers are, where there are some.
    package init(
        access: AccessPolicy, maximumBody: Int, log: EventLog, panel: Panel? = nil, directory: String = "",
        zone: Zone = .wib, cluster: @escaping @Sendable (Timestamp) -> ClusterOverview? = { _ in nil }
    ) {
        self.access = access
        self.maximumBody = maximumBody
        self.log = log
        self.panel = panel
        self.directory = directory
        self.zone = zone
        self.cluster = cluster
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
        if let refusal = access.refusal(of: request) {
            let mayLook = ["GET", "HEAD"].contains(request.method) && !request.carriesReport
            guard mayLook, request.contentLength ?? 0 == 0, access.isMonitor(request) else {
                return .refuse(.forbidden, reason: refusal.rawValue)
            }
            return .tellHealth
        }
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
        if request.isForFigures, ["GET", "HEAD"].contains(request.method) {
            answerFigures(request, now: arrival(), probe: probe, reply: reply)
            return
        }
        if request.panel != nil {
            answerPage(request, now: arrival(), readBody: readBody, probe: probe, reply: reply)
            return
        }
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

    /// Pages that are made at once, at most: callbacks need the threads too.
    private static let maximumPages = 2
    /// Bytes of a form.
    private static let maximumForm = 16_384

    /// Answers a request for the operators' page. A closed one is as unknown as any wrong token.
    private func answerPage(
        _ request: Request, now: Timestamp, readBody: Request.BodyReader, probe: () -> LedgerError?,
        reply: @Sendable (Response) -> Void
    ) {
        guard let panel, var panelRequest = request.panel else {
            refuse(request, .forbidden, "token", reply)
            return
        }
        guard ["GET", "HEAD", "POST"].contains(request.method) else {
            refuse(request, .methodNotAllowed, "method", reply)
            return
        }
        if request.method == "POST" {
            panelRequest.form = readBody(request.contentLength, Self.maximumForm + 1)
            guard panelRequest.form.count <= Self.maximumForm else {
                refuse(request, .tooLarge(limit: Self.maximumForm), "size", reply)
                return
            }
        }
        let isFree = pagesUnderWay.withLock { count in
            count += 1
            return count <= Self.maximumPages
        }
        guard isFree else {
            pagesUnderWay.withLock { $0 -= 1 }
            reply(Response(.busy))
            return
        }
        let (response, refusal) = panel.answer(panelRequest, now: now, cluster: { cluster(now) }) {
            probe()?.explanation
        }
        // Before the answer: whoever has it may ask again at once.
        pagesUnderWay.withLock { $0 -= 1 }
        if let refusal, refusal != .cookie {
            log.refused(status: response.status.rawValue, reason: refusal.rawValue, address: request.remoteAddress)
        }
        reply(Response(response))
    }

    private func answerFigures(
        _ request: Request, now: Timestamp, probe: () -> LedgerError?, reply: @Sendable (Response) -> Void
    ) {
        guard access.mayAskFigures(request) else {
            refuse(request, .forbidden, "token", reply)
            return
        }
        do throws(LedgerError) {
            let failure = probe()
            let figures = try Figures(
                directory, now: now, zone: zone, failure: failure?.explanation, cluster: cluster(now))
            reply(.figures(figures.prometheus))
        } catch {
            log.failed(error)
            reply(.failed(error))
        }
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
