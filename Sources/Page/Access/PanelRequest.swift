import Formats
import KHOINS

/// A request for the page, as far as the page looks at it.
package struct PanelRequest: Sendable {
    package var method: String
    /// As it came, percent-encoded.
    package var query: [UInt8]
    /// `HTTP_COOKIE`
    package var cookies = ""
    /// `HTTP_HOST`
    package var host = ""
    /// `HTTP_ORIGIN`
    package var origin: String?
    /// `HTTP_SEC_FETCH_SITE`
    package var fetchSite: String?
    /// `HTTP_ACCEPT_LANGUAGE`
    package var acceptedLanguages = ""
    /// Whether nobody between the browser and here could read along: https, or the machine itself.
    package var isPrivate = false
    /// `HTTP_X_FORWARDED_PROTO`: what a proxy says, or whoever asks. A liar gives away his own key alone.
    package var forwardedScheme = ""
    package var remoteAddress = ""
    /// The page's own path, as the browser asked for it; empty where the web server does not tell.
    package var path = ""
    /// The fields of a form that was sent.
    package var form: [UInt8] = []

    package init(method: String, query: [UInt8]) {
        self.method = method
        self.query = query
    }

    /// Whether the query has a field of that name, with a value or without.
    func has(_ name: String) -> Bool {
        query.split(separator: UInt8(ascii: "&")).contains { QueryFields.name(of: $0) == name }
    }

    /// A field of the query; `nil` where it is not there, or empty.
    func value(_ name: String) -> String? { QueryFields.value(of: name, in: query) }

    /// A field of the form that was sent.
    func field(_ name: String) -> String? { QueryFields.value(of: name, in: form) }

    /// The value of a cookie.
    func cookie(_ name: String) -> String? {
        for pair in cookies.split(separator: ";") {
            let pair = pair.drop { $0 == " " }
            if pair.hasPrefix("\(name)=") { return String(pair.dropFirst(name.count + 1)) }
        }
        return nil
    }

    var isForwardedFromHTTPS: Bool { forwardedScheme.lowercased() == "https" }

    /// Whether a form was sent by a page of this very site, as the browser tells.
    var isFromHere: Bool {
        if let fetchSite { return fetchSite == "same-origin" }
        guard let origin else { return false }
        return !host.isEmpty && (origin == "https://\(host)" || origin == "http://\(host)")
    }

    /// What the link asks for, else what was chosen before, else what the browser prefers.
    var language: Language {
        if let chosen = value("hl").flatMap(Language.init(rawValue:)) { return chosen }
        if let kept = cookie("khoins-hl").flatMap(Language.init(rawValue:)) { return kept }
        for item in acceptedLanguages.lowercased().split(separator: ",") {
            let tag = item.drop { $0 == " " }.prefix { $0 != ";" && $0 != "-" && $0 != " " }
            if tag == "in" { return .indonesian }
            if let language = Language(rawValue: String(tag)) { return language }
        }
        return .indonesian
    }

    /// The query without the language, for links to this very page.
    var queryWithoutLanguage: String {
        let fields = query.split(separator: UInt8(ascii: "&")).filter { QueryFields.name(of: $0) != "hl" }
        return String(decoding: Array(fields.joined(separator: [UInt8(ascii: "&")])), as: UTF8.self)
    }
}

/// An answer of the page.
package struct PanelResponse: Sendable {
    package enum Status: Int, Sendable {
        case ok = 200
        case nothingNew = 204
        case seeOther = 303
        case badRequest = 400
        case forbidden = 403
        case notFound = 404
        case tooManyRequests = 429
        case unavailable = 503
    }

    package var status: Status
    package var contentType = "text/html; charset=utf-8"
    /// Names and values, beside those that every answer has.
    package var headers: [(name: String, value: String)] = []
    package var body: [UInt8] = []

    init(_ status: Status, _ body: [UInt8] = []) {
        self.status = status
        self.body = body
    }

    /// So many pages are being made that this one has to wait.
    package static let busy: PanelResponse = {
        var response = PanelResponse(.unavailable, Array("Sedang sibuk, muat ulang. Busy, reload.\n".utf8))
        response.contentType = "text/plain; charset=utf-8"
        response.headers = [("Retry-After", "1"), ("Refresh", "1")]
        return response
    }()

    /// What every answer of the page carries: no other site can frame it, send forms to it or be sent to by it, and
    /// nothing keeps a copy. `same-origin` as the referrer's policy, since a browser that is told `no-referrer` does
    /// not say where a form came from.
    package static let commonHeaders: [(name: String, value: String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src '\(Assets.digest(Assets.style))' '\(Assets.digest(Assets.furtherStyle))'; "
                + "script-src '\(Assets.digest(Assets.script))'; img-src data:; connect-src 'self'; "
                + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        ("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
        ("X-Robots-Tag", "noindex"),
    ]
}
