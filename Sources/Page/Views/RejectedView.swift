import Formats
import Ledger

/// What came with the right token and was no callback.
struct RejectedView {
    var rejections: [StoredRejection]
    var all: Int
    var chips: Chips
    var wording: Wording

    /// Those that are shown.
    static let maximum = 50
    /// Bytes of a body that are shown.
    private static let shownBytes = 2_000

    func write(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Transaksi", "Transactions")
        html.raw("</h1></div>")
        chips.write(&html)
        html.raw("<section><p class=\"mut\">")
        html.say(
            "Datang dengan token yang benar, tetapi bukan callback yang bisa dibaca. Isinya tersimpan utuh.",
            "Came with the right token but is no callback that can be read. Kept whole.")
        html.raw("</p>")
        if rejections.isEmpty {
            html.raw("<p>")
            html.say("Tidak ada.", "There are none.")
            html.raw("</p>")
        }
        html.raw("<ol class=\"rej\">")
        for rejection in rejections {
            html.raw("<li><b>")
            html.plain(wording.dateAndClock(rejection.receivedAt))
            html.raw("</b> <span class=\"mut\">")
            html.foreign(rejection.remoteAddress)
            html.raw("</span><br>")
            html.foreign(rejection.error)
            if let trxid = rejection.ids.trxid {
                html.say(" Menyebut TRX ID ", " It names TRX ID ")
                html.foreign(trxid)
                html.raw(".")
            }
            html.raw("<pre>")
            let text = String(decoding: rejection.body.prefix(Self.shownBytes), as: UTF8.self)
            html.preformatted(rejection.body.isEmpty ? rejection.query ?? "" : text)
            if rejection.body.count > Self.shownBytes { html.raw(" …") }
            html.raw("</pre></li>")
        }
        html.raw("</ol></section>")
        if all > rejections.count {
            html.raw("<p class=\"mut\">")
            html.say("Yang lebih lama ada di folder ", "Older ones lie in ")
            html.raw("<code>rejected/</code>.</p>")
        }
    }
}
