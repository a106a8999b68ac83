/// The form that asks for the page's key.
struct SignInView {
    enum Note {
        case none
        case wrong
        case tooMany
        /// Somebody could read along: no form is shown, but where to go.
        case notPrivate(address: String)
    }

    var note = Note.none

    func write(_ html: inout HTML) {
        html.raw("<div class=\"in\"><section>")
        if case .notPrivate(let address) = note {
            html.raw("<p class=\"note bad\" role=\"alert\">")
            html.icon(.alarm)
            html.raw("<span>")
            html.say(
                "Halaman ini hanya melayani lewat HTTPS, karena token PLN sama dengan uang tunai.",
                "This page is served over HTTPS only, because PLN tokens are as good as cash.")
            html.raw("</span></p><h1>")
            html.say("Masuk", "Sign in")
            html.raw("</h1><p class=\"gap\"><a class=\"btn pri\" href=\"")
            html.attribute(address)
            html.raw("\">")
            html.say("Buka dengan https", "Open with https")
            html.raw("</a></p></section></div>")
            return
        }
        var isWrong = false
        switch note {
        case .wrong:
            isWrong = true
            html.raw("<p class=\"note bad\" id=\"e\" role=\"alert\">")
            html.icon(.alarm)
            html.raw("<span>")
            html.say("Kunci salah.", "Wrong key.")
            html.raw("</span></p>")
        case .tooMany:
            html.raw("<p class=\"note wait\" role=\"alert\">")
            html.icon(.waiting)
            html.raw("<span>")
            html.say(
                "Terlalu banyak percobaan. Coba lagi dalam 10 detik. Yang sudah masuk tidak terganggu.",
                "Too many attempts. Try again in 10 seconds. Those already signed in are not affected.")
            html.raw("</span></p>")
        case .none, .notPrivate: break
        }
        html.raw("<form method=\"post\" action=\"?masuk\"><h1>")
        html.say("Masuk", "Sign in")
        html.raw("</h1><label for=\"k\">")
        html.say("Kunci halaman", "Page key")
        html.raw("<br><small>")
        html.say(
            "KHOINS_PAGE_KEY dari berkas pengaturan", "KHOINS_PAGE_KEY from the settings file")
        html.raw(
            "</small></label><input type=\"text\" name=\"user\" value=\"operator\" autocomplete=\"username\" hidden>")
        html.raw("<input id=\"k\" name=\"key\" type=\"password\" autocomplete=\"current-password\" required autofocus")
        if isWrong { html.raw(" aria-invalid=\"true\" aria-describedby=\"e\"") }
        html.raw("><button class=\"pri\">")
        html.say("Masuk", "Sign in")
        html.raw("</button><small>")
        html.say(
            "Peramban ini tetap masuk 30 hari. Di telepon orang lain, keluarlah setelah selesai.",
            "This browser stays signed in for 30 days. On someone else’s phone, sign out when you are done.")
        html.raw("</small></form></section></div>")
    }
}
