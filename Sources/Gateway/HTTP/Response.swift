import Formats
import Ledger
import System

/// An answer, as CGI and FastCGI take it (RFC 3875, section 6).
package struct Response: Equatable, Sendable {
    package enum Status: Int, Sendable {
        case ok = 200
        case badRequest = 400
        case forbidden = 403
        case methodNotAllowed = 405
        case contentTooLarge = 413
        case internalServerError = 500
        case serviceUnavailable = 503

        fileprivate var reason: StaticString {
            switch self {
            case .ok: "OK"
            case .badRequest: "Bad Request"
            case .forbidden: "Forbidden"
            case .methodNotAllowed: "Method Not Allowed"
            case .contentTooLarge: "Content Too Large"
            case .internalServerError: "Internal Server Error"
            case .serviceUnavailable: "Service Unavailable"
            }
        }
    }

    package var status: Status
    /// JSON, ending in a new line.
    package var body: [UInt8]
    /// The methods that would be served, where this one is not.
    package var allowed = "GET, HEAD, POST"

    /// Seconds after which a sender may try again.
    private static let retryAfter = 10

    static let healthy = Response(status: .ok, members: [("status", "ok")])
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
        var members: [(StaticString, String)] = [("status", "ok")]
        if let trxid {
            members.append(("trxid", trxid))
        } else if let memberid {
            members.append(("memberid", memberid))
        }
        members.append(("result", change.rawValue))
        return Response(status: .ok, members: members)
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
        self.init(status: status, members: [("status", "error"), ("error", error)])
    }

    private init(status: Status, members: [(StaticString, String)]) {
        self.status = status
        var writer = JSONWriter(reservingCapacity: 128)
        writer.object(members)
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
        bytes.append("\r\nContent-Type: application/json\r\nContent-Length: ")
        bytes.appendDigits(body.count)
        bytes.append("\r\nCache-Control: no-store\r\n")
        switch status {
        case .methodNotAllowed:
            bytes.append("Allow: ")
            bytes.append(allowed)
            bytes.append("\r\n")
        case .serviceUnavailable:
            bytes.append("Retry-After: ")
            bytes.appendDigits(Self.retryAfter)
            bytes.append("\r\n")
        case .ok, .badRequest, .forbidden, .contentTooLarge, .internalServerError: break
        }
        bytes.append("\r\n")
        if withBody { bytes.append(body) }
        return bytes.bytes
    }
}
