/// What a page says while the callbacks are counted that it tells of.
struct CountingView {
    /// How much of it is done.
    var percent: Int
    var callbacks: Int
    /// The query of the page that was asked for.
    var query: String

    func write(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Menghitung", "Counting")
        html.raw("</h1><small>")
        html.number(percent)
        html.raw("&nbsp;%</small></div><div class=\"note wait\" role=\"status\">")
        html.icon(.waiting)
        html.raw("<div>")
        html.grouped(callbacks)
        html.say(
            " callback dihitung sekali saja. Halaman ini melanjutkannya sendiri.",
            " callbacks are counted once. This page goes on by itself.")
        html.raw("<br><progress max=\"100\" value=\"")
        html.number(percent)
        html.raw("\" aria-label=\"")
        html.say("Menghitung", "Counting")
        html.raw("\">")
        html.number(percent)
        html.raw(" %</progress></div></div><p><a class=\"btn\" href=\"?")
        html.plain(query)
        html.raw("\">")
        html.say("Muat ulang", "Reload")
        html.raw("</a></p>")
    }
}
