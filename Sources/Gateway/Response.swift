import KHOINSCallback
import Ledger

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

    /// Seconds after which a sender may try again.
    private static let retryAfter = 10

    static let healthy = Response(status: .ok, members: [("status", "ok")])
    static let forbidden = Response(.forbidden, error: "forbidden")
    static let methodNotAllowed = Response(.methodNotAllowed, error: "only POST, GET and HEAD are served")
    package static let notSetUp = Response(.internalServerError, error: "internal error")
    static let unavailable = Response(
        .serviceUnavailable, error: "the callback cannot be stored at the moment; send it again")

    static func tooLarge(limit: Int) -> Response {
        Response(.contentTooLarge, error: "the body is larger than \(limit) bytes")
    }

    static func rejected(_ rejection: Rejection) -> Response {
        Response(.badRequest, error: rejection.explanation)
    }

    static func filed(trxid: String?, memberid: String?, change: Change) -> Response {
        var members: [(StaticString, String)] = [("status", "ok")]
        if let trxid {
            members.append(("trxid", trxid))
        } else if let memberid {
            members.append(("memberid", memberid))
        }
        members.append(("result", change.rawValue))
        return Response(status: .ok, members: members)
    }

    private init(_ status: Status, error: String) {
        self.init(status: status, members: [("status", "error"), ("error", error)])
    }

    private init(status: Status, members: [(StaticString, String)]) {
        self.status = status
        var writer = JSONWriter(reservingCapacity: 128)
        writer.open("{")
        for (key, value) in members {
            writer.next()
            writer.key(key)
            writer.string(value)
        }
        writer.close("}")
        writer.raw("\n")
        body = writer.bytes
    }

    /// The header and, unless the method was HEAD, the body.
    package func bytes(withBody: Bool) -> [UInt8] {
        var text = "Status: \(status.rawValue) \(status.reason)\r\n"
        text += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\nCache-Control: no-store\r\n"
        switch status {
        case .methodNotAllowed: text += "Allow: GET, HEAD, POST\r\n"
        case .serviceUnavailable: text += "Retry-After: \(Self.retryAfter)\r\n"
        case .ok, .badRequest, .forbidden, .contentTooLarge, .internalServerError: break
        }
        return Array((text + "\r\n").utf8) + (withBody ? body : [])
    }
}
