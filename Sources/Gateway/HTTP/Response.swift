import Formats
import Ledger
import Page
import System

/// An answer, as CGI and FastCGI take it (RFC 3875, section 6).
package struct Response: Equatable, Sendable {
    package enum Status: Int, Sendable {
        case ok = 200
        case noContent = 204
        case seeOther = 303
        case badRequest = 400
        case forbidden = 403
        case notFound = 404
        case methodNotAllowed = 405
        case contentTooLarge = 413
        case tooManyRequests = 429
        case internalServerError = 500
        case serviceUnavailable = 503

        fileprivate var reason: StaticString {
            switch self {
            case .ok: "OK"
            case .noContent: "No Content"
            case .seeOther: "See Other"
            case .badRequest: "Bad Request"
            case .forbidden: "Forbidden"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .contentTooLarge: "Content Too Large"
            case .tooManyRequests: "Too Many Requests"
            case .internalServerError: "Internal Server Error"
            case .serviceUnavailable: "Service Unavailable"
            }
        }
    }

    package var status: Status
    /// JSON, ending in a new line, unless the page says otherwise.
    package var body: [UInt8]
    /// What the operators' page and the figures say beside the body; `nil` for an answer to a callback.
    private var page: PageHeader?
    /// The methods that would be served, where this one is not.
    package var allowed = "GET, HEAD, POST"

    /// Seconds after which a sender may try again.
    private static let retryAfter = 10

    static let healthy = Response(.ok) { $0.member("status", "ok") }
    package static let forbidden = Response(.forbidden, error: "forbidden")
    static let methodNotAllowed = Response(.methodNotAllowed, error: "only POST, GET and HEAD are served")
    package static let notSetUp = Response(.internalServerError, error: "internal error")
    package static let unavailable = Response(
        .serviceUnavailable, error: "the callback cannot be stored at the moment; send it again")

    static func tooLarge(limit: Int) -> Response {
        Response(.contentTooLarge, error: "the body is larger than \(limit) bytes")
    }

    static func queryTooLarge(limit: Int) -> Response {
        Response(.contentTooLarge, error: "the query is larger than \(limit) bytes")
    }

    package static func rejected(_ rejection: Rejection) -> Response {
        guard case .notPosted = rejection else { return Response(.badRequest, error: rejection.explanation) }
        var response = Response(.methodNotAllowed, error: rejection.explanation)
        response.allowed = "POST"
        return response
    }

    package static func filed(trxid: String?, memberid: String?, change: Change) -> Response {
        Response(.ok) { writer in
            writer.member("status", "ok")
            if let trxid { writer.member("trxid", trxid) } else { writer.member("memberid", memberid) }
            writer.member("result", change.rawValue)
        }
    }

    /// What became of a submission, as its sender is told.
    package init(_ outcome: CommitResult) {
        switch outcome {
        case .success(.filed(let trxid, let memberid, let change)):
            self = .filed(trxid: trxid, memberid: memberid, change: change)
        case .success(.rejected(let rejection)): self = .rejected(rejection)
        case .failure(let error): self = .failed(error)
        }
    }

    /// Why nothing can be stored, as strangers may know it.
    package static func failed(_ error: LedgerError) -> Response {
        error.isOfSetUp ? .notSetUp : .unavailable
    }

    private init(_ status: Status, error: String) {
        self.init(status) { writer in
            writer.member("status", "error")
            writer.member("error", error)
        }
    }

    private init(_ status: Status, _ write: (inout JSONWriter) -> Void) {
        self.status = status
        var writer = JSONWriter(reservingCapacity: 128)
        writer.open("{")
        write(&writer)
        writer.close("}")
        writer.raw("\n")
        body = writer.bytes
    }

    /// The header and, unless the method was HEAD, the body.
    package func bytes(withBody: Bool) -> [UInt8] {
        var bytes = ByteBuffer(capacity: 256 + body.count)
        bytes.append("Status: ")
        bytes.appendDigits(status.rawValue)
        bytes.append(" ")
        bytes.append(status.reason)
        bytes.append("\r\nContent-Type: ")
        bytes.append(page?.contentType ?? "application/json")
        bytes.append("\r\nContent-Length: ")
        bytes.appendDigits(body.count)
        bytes.append("\r\nCache-Control: no-store\r\n")
        if let page {
            for line in page.lines {
                bytes.append(line)
                bytes.append("\r\n")
            }
            bytes.append("\r\n")
            if withBody { bytes.append(body) }
            return bytes.bytes
        }
        switch status {
        case .methodNotAllowed:
            bytes.append("Allow: ")
            bytes.append(allowed)
            bytes.append("\r\n")
        case .serviceUnavailable:
            bytes.append("Retry-After: ")
            bytes.appendDigits(Self.retryAfter)
            bytes.append("\r\n")
        case .ok, .noContent, .seeOther, .badRequest, .forbidden, .notFound, .contentTooLarge, .tooManyRequests,
            .internalServerError:
            break
        }
        bytes.append("\r\n")
        if withBody { bytes.append(body) }
        return bytes.bytes
    }
}

/// The header of one of the page's answers.
private struct PageHeader: Equatable, Sendable {
    var contentType: String
    var lines: [String]
}

extension Response {
    /// An answer of the operators' page.
    init(_ response: PanelResponse) {
        // Both have the same numbers.
        status = Status(rawValue: response.status.rawValue) ?? .internalServerError
        body = response.body
        page = PageHeader(
            contentType: response.contentType,
            lines: (PanelResponse.commonHeaders + response.headers).map { "\($0.name): \($0.value)" })
    }

    /// The installation's figures in Prometheus' text format.
    static func figures(_ text: [UInt8]) -> Response {
        var response = healthy
        response.body = text
        response.page = PageHeader(contentType: "text/plain; version=0.0.4; charset=utf-8", lines: [])
        return response
    }

    /// Whether a stranger is refused, who may be made to wait for that.
    package var isRefusal: Bool { status == .forbidden && page == nil }
}
