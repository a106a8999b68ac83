import TestSupport

/// A request and what it gets, the same through every way in.
struct Exchange {
    var name: String
    var request: Request
    var status: Int
    /// The reply; not compared where a web server may answer in the program's place.
    var reply: JSON?
    /// Something that the error's words must contain.
    var error = ""

    /// The methods that the answer allows, where the request's own is not.
    var allowed = "GET, HEAD, POST"
    /// What the file of a rejected delivery says besides why, from where and the body.
    var rejectedMembers: [String: JSON] = [:]

    /// Whether the body is kept under `rejected/`.
    var isRejected: Bool { status == 400 || allowed == "POST" }

    /// Whether the body is kept, in the journal and in a record or under `rejected/`.
    var isKept: Bool { request.method == "POST" && status == 200 || isRejected }

    static let table: [Exchange] = [
        Exchange(name: "health", request: Request("GET"), status: 200, reply: ["status": "ok"]),
        Exchange(name: "health without a body", request: Request("HEAD"), status: 200),
        filed("T1, the documented example", Body.t1, "abc-123"),
        filed("the same again", Body.t1, "abc-123", "duplicate"),
        filed("T2, success in full", Body.t2, "KH-9002"),
        filed("T3, damaged", Body.t3, "KH-9001"),
        filed("T4, failed", Body.t4, "KH-9003"),
        filed("a reversal", Body.reversal, "KH-9002", "updated"),
        topup("U1, top-up by transfer", Body.u1),
        topup("U2, top-up expired", Body.u2),
        filed("U3, top-up with a number as its id", Body.u3, "9"),
        topup("U4, top-up cancelled", Body.u4),
        filed("the token in the query", Body.short("KH-QUERY"), "KH-QUERY") {
            $0.target = "/laporan/khoins?token=\(secretToken)"
        },
        filed("the token in the header", Body.short("KH-HEADER"), "KH-HEADER") {
            $0.target = "/laporan/khoins"
            $0.headers = ["X-Callback-Token": secretToken]
        },
        filed("an id with a slash, UTF-8 and an emoji", Body.short("../pesanan/é 😀"), "../pesanan/é 😀"),
        filed("a body that is not UTF-8", Body.notUTF8, "KH-LATIN"),
        filed("a body of unknown length", Body.short("KH-CHUNKED"), "KH-CHUNKED") { $0.framing = .unknownLength },
        filed("the largest body", Body.padded("KH-LARGEST", to: 65_536), "KH-LARGEST"),
        rejected("no JSON", "refid=abc-123&status=Success", "not JSON", ["trxid": "abc-123"]),
        rejected("an empty body", "", "empty"),
        rejected("no id", #"{"message":"{\"status\":\"Success\"}"}"#, "id"),
        rejected("an id that is too long", Body.short(String(repeating: "x", count: 300)), "too long"),
        Exchange(
            name: "too large a body", request: Request(posting: Body.padded("KH-LARGE", to: 65_537)), status: 413),
        rejected(
            "a report in the query", "", "query", query: "refid=KH-Q&message=%7B%7D", kept: "refid=KH-Q&message=%7B%7D"),
        rejected(
            "a report in the query with the token", "{}", "query", query: "token=\(secretToken)&memberid=goodlink",
            kept: "memberid=goodlink", ["memberid": "goodlink"]),
        filed("a report in the query of one that is whole", Body.short("KH-BOTH"), "KH-BOTH") {
            $0.target += "?refid=KH-OTHER"
        },
        notPosted("GET", "refid=KH-GET&status=Success", "refid=KH-GET&status=Success"),
        notPosted("GET", "x=%72\(secretToken.dropFirst())&a=b&TrxID=KH-GET", "x=&a=b&TrxID=KH-GET"),
        notPosted("HEAD", "refid=KH-GET", "refid=KH-GET"),
        forbidden("a wrong token", "/laporan/khoins/\(secretToken)x"),
        forbidden("no token", "/laporan/khoins"),
        forbidden("a wrong token in the query", "/laporan/khoins?token=x"),
        refusedMethod("PUT"),
        refusedMethod("DELETE"),
    ]

    private static func filed(
        _ name: String, _ body: String, _ id: String, _ result: String = "created",
        _ change: (inout Request) -> Void = { _ in }
    ) -> Exchange {
        filed(name, Array(body.utf8), id, result, change)
    }

    private static func filed(
        _ name: String, _ body: [UInt8], _ id: String, _ result: String = "created",
        _ change: (inout Request) -> Void = { _ in }
    ) -> Exchange {
        var request = Request(posting: body)
        change(&request)
        return Exchange(
            name: name, request: request, status: 200,
            reply: ["status": "ok", "trxid": .string(id), "result": .string(result)])
    }

    /// A top-up that has no id of its own.
    private static func topup(_ name: String, _ body: String) -> Exchange {
        Exchange(
            name: name, request: Request(posting: body), status: 200,
            reply: ["status": "ok", "memberid": "goodlink", "result": "created"])
    }

    private static func rejected(
        _ name: String, _ body: String, _ error: String, query: String? = nil, kept: String? = nil,
        _ members: [String: JSON] = [:]
    ) -> Exchange {
        var request = Request(posting: body)
        var members = members
        if let query, let kept {
            request.target += "?\(query)"
            members["method"] = "POST"
            members["query"] = .string(kept)
            if query.hasPrefix("refid=KH-Q") { members["trxid"] = "KH-Q" }
        }
        return Exchange(name: name, request: request, status: 400, error: error, rejectedMembers: members)
    }

    /// A report that a redirect or the sender's set-up has made another method of.
    private static func notPosted(_ method: String, _ query: String, _ kept: String) -> Exchange {
        Exchange(
            name: "\(method) with \(kept)", request: Request(method, "/laporan/khoins/\(secretToken)?\(query)"),
            status: 405, error: "must come as POST", allowed: "POST",
            rejectedMembers: ["method": .string(method), "query": .string(kept), "trxid": "KH-GET"])
    }

    private static func forbidden(_ name: String, _ target: String) -> Exchange {
        var request = Request("POST", target)
        request.body = Array(Body.short("KH-STRANGER").utf8)
        return Exchange(
            name: name, request: request, status: 403, reply: ["status": "error", "error": "forbidden"])
    }

    private static func refusedMethod(_ method: String) -> Exchange {
        Exchange(
            name: method, request: Request(method), status: 405,
            reply: ["status": "error", "error": "only POST, GET and HEAD are served"])
    }
}
