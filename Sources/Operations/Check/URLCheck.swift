import Formats
import System

/// Sends a GET with the token through the real web server, which answers 200 when a callback could be stored now, and
/// says which link of the chain broke.
package enum URLCheck {
    private static let subject = "url"

    /// - Parameter text: The URL; `nil` where nobody said.
    package static func result(_ text: String?, _ tokens: [String]) -> CheckResult {
        guard let text else {
            return CheckResult(.skipped, subject, "not asked; KHOINS_URL or --url says what KHOINS calls")
        }
        guard let url = ProbeURL(text)?.carrying(tokens) else {
            return CheckResult(.bad, subject, "this is no URL: take the one that KHOINS has, http:// or https://")
        }
        let shown = url.shown(hiding: tokens)
        switch ask(url) {
        case .skipped(let why): return CheckResult(.skipped, subject, "\(shown) \(why)")
        case .broken(let words): return CheckResult(.bad, subject, "\(shown): \(words)")
        case .answer(let answer):
            let (verdict, words) = judge(answer)
            return CheckResult(verdict, subject, "\(shown): \(words)")
        }
    }

    /// What came of a GET.
    enum Outcome {
        case answer(HTTPAnswer)
        /// Which link of the chain broke.
        case broken(String)
        /// Why nobody was asked.
        case skipped(String)
    }

    /// Sends a GET through the real web server.
    static func ask(_ url: ProbeURL) -> Outcome {
        guard url.isSecure else {
            do throws(ClientSocket.Failure) { return .answer(try plainAnswer(url)) } catch {
                return .broken(broken(error, url))
            }
        }
        switch Curl.get(url) {
        case .missing: return .skipped("was not asked: that takes curl, which is not installed")
        case .failed(let link, let words):
            // curl names a URL that it cannot take.
            let isQuoted = words.contains(url.target) || words.contains("://")
            return .broken("\(link)\(isQuoted ? "" : ": \(words)")")
        case .answer(let answer): return .answer(answer)
        }
    }

    private static func plainAnswer(_ url: ProbeURL) throws(ClientSocket.Failure) -> HTTPAnswer {
        let socket = try ClientSocket(host: url.host, port: url.port)
        // HTTP/1.0: an answer that ends with the connection, in one piece.
        try socket.send(
            Array(
                "GET \(url.target) HTTP/1.0\r\nHost: \(url.authority)\r\nUser-Agent: khoins-callback-check\r\n\r\n".utf8
            ))
        return HTTPAnswer(try socket.receiveAll())
    }

    private static func broken(_ failure: ClientSocket.Failure, _ url: ProbeURL) -> String {
        switch failure {
        case .address(let reason): "the name \(url.host) leads nowhere: \(reason)"
        case .connect(let error):
            "no web server listens on port \(url.port) of \(url.host), or a firewall is in between: \(error.reason)"
        case .exchange(let error): "connected, but no answer came: \(error.reason)"
        }
    }

    /// What an answer means, and what to do.
    static func judge(_ answer: HTTPAnswer) -> (CheckResult.Verdict, String) {
        switch answer.status {
        case 200 where answer.word("status") == "ok": return (.ok, "callbacks can be stored")
        case 200: return (.bad, "200, but from another program: this path does not lead to khoins-callback")
        case 301, 302, 303, 307, 308:
            return (
                .bad,
                "\(answer.code) sends on to another address, where a POST may not follow: give KHOINS that address"
            )
        case 401: return (.bad, "401: the web server asks for a password")
        case 403 where answer.word("error") == "forbidden":
            return (.bad, "403 from khoins-callback: wrong token, or this machine's address is not in KHOINS_ALLOW")
        case 403: return (.bad, "403 from the web server itself: it does not let requests through to this path")
        case 404:
            return (.bad, "404: the web server knows no such path; compare it with the web server's configuration")
        case 500 where answer.word("error") == "internal error":
            return (.bad, "500 from khoins-callback: it is not set up right, the web server's error log says why")
        case 500: return (.bad, "500 from the web server: it cannot run khoins-callback, its error log says why")
        case 502:
            return (.bad, "502: the web server does not reach khoins-callback: is it running, on the same socket?")
        case 503 where answer.word("status") == "error":
            return (.bad, "503 from khoins-callback: it cannot store callbacks now, such as for want of room")
        case 503: return (.bad, "503 from the web server: it does not reach khoins-callback")
        case 504: return (.bad, "504: khoins-callback did not answer the web server in time")
        case 0: return (.bad, "what listens there does not speak HTTP")
        default: return (.bad, "\(answer.code), which khoins-callback never answers to this")
        }
    }
}

/// What a web server answered.
struct HTTPAnswer: Equatable {
    /// 0 for what is no HTTP.
    var status: Int
    var body: [UInt8]

    var code: String { String(status) }

    init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }

    /// Reads an answer with its head (RFC 9112).
    init(_ bytes: [UInt8]) {
        let line = String(
            decoding: bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let words = line.split(separator: " ")
        status = words.count > 1 && words[0].hasPrefix("HTTP/") ? Int(words[1]) ?? 0 : 0
        let separator = Array("\r\n\r\n".utf8)
        let end = bytes.indices.first { bytes[$0...].starts(with: separator) }
        body = end.map { Array(bytes[($0 + separator.count)...]) } ?? []
    }

    /// A text in the body's JSON.
    func word(_ key: String) -> String? { (try? JSONParser.parse(body))?[key]?.string }
}
