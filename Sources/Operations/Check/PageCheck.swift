import Gateway

/// Looks at the operators' page: at its key and, through the real web server, at who gets to it.
package enum PageCheck {
    private static let subject = "page"

    /// - Parameters:
    ///   - values: What is set, by any way.
    ///   - text: The URL that KHOINS calls; `nil` where nobody said.
    /// - Returns: Nothing where no key is set: the page is closed then, and that is well.
    package static func result(_ values: SettingValues, _ text: String?) -> CheckResult? {
        guard let (keys, problem) = try? values.page(), keys != nil || problem != nil else { return nil }
        if let problem { return CheckResult(.warning, subject, problem) }
        let tokens = (try? values.tokens()) ?? []
        guard let text, let url = ProbeURL(text)?.panel(besides: tokens) else {
            return CheckResult(.ok, subject, "open to who knows the key; KHOINS_URL or --url says where to ask for it")
        }
        let (verdict, words): (CheckResult.Verdict, String) =
            switch URLCheck.ask(url) {
            case .skipped(let why): (.skipped, why)
            // That callbacks do not get through either, the line about the URL says.
            case .broken(let words): (.warning, words)
            case .answer(let answer): judge(answer)
            }
        return CheckResult(verdict, subject, "\(url.shown(hiding: tokens, last: "panel")): \(words)")
    }

    /// What an answer to somebody who has not signed in means, and what to do.
    static func judge(_ answer: HTTPAnswer) -> (CheckResult.Verdict, String) {
        let page = String(decoding: answer.body, as: UTF8.self)
        switch answer.status {
        case 403 where page.contains("action=\"?masuk\""): return (.ok, "asks for the key")
        case 403 where page.contains("class=\"btn pri\" href=\"https://"):
            return (
                .warning,
                "shows itself by https alone: take the URL with https://, or let the web server say HTTPS=on to the program; where a proxy ends https, set KHOINS_URL to https://… and let it send X-Forwarded-Proto"
            )
        case 403 where answer.word("error") == "forbidden":
            return (.warning, "closed: whatever serves there knows no KHOINS_PAGE_KEY; was it set after the start?")
        case 403: return (.warning, "403 from the web server itself: it does not let requests through to the page")
        case 401: return (.warning, "401: the web server asks for a password before the page does")
        case 404: return (.warning, "404: the web server knows no such path; let it pass the page to khoins-callback")
        default: return (.warning, "\(answer.code) instead of the page")
        }
    }
}
