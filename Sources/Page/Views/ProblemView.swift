/// What a page says instead of what was asked for.
enum ProblemView {
    case damaged(path: String)
    case missing(id: String)
    case unreadable(reason: String)
    case noCallbackYet(address: String)

    func write(_ html: inout HTML) {
        switch self {
        case .damaged(let path): damaged(&html, path)
        case .missing(let id): missing(&html, id)
        case .unreadable(let reason): unreadable(&html, reason)
        case .noCallbackYet(let address): empty(&html, address)
        }
    }

    private func damaged(_ html: inout HTML, _ path: String) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Tidak dapat dibaca", "Cannot be read")
        html.raw("</h1></div><div class=\"note al bad\" role=\"alert\">")
        html.icon(.alarm)
        html.raw("<div><b>")
        html.say("Berkas ", "The file ")
        html.foreign(path)
        html.say(" rusak.", " is damaged.")
        html.raw("</b><br>")
        html.say(
            "Callback-nya masih ada di jurnal; tidak ada yang hilang. Berkas dibuat baru oleh callback berikutnya atau oleh",
            "Its callbacks are still in the journal; nothing is lost. The next callback makes the file anew, or")
        html.raw(" <code>khoins-callback verify --repair</code>.</div></div>")
        back(&html)
    }

    private func missing(_ html: inout HTML, _ id: String) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Tidak ada ", "There is no ")
        html.foreign(id)
        html.raw("</h1></div><section><p>")
        html.say(
            "Belum ada callback untuk TRX ID ini, dan tidak ada catatan pesanan. Itu bukan berarti gagal.",
            "No callback has come for this TRX ID, and no order was noted. That does not mean it failed.")
        html.raw("</p>")
        back(&html)
        html.raw("</section>")
    }

    private func unreadable(_ html: inout HTML, _ reason: String) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Tidak dapat dibaca", "Cannot be read")
        html.raw("</h1></div><div class=\"note al bad\" role=\"alert\">")
        html.icon(.alarm)
        html.raw("<div><b>")
        html.foreign(reason)
        html.raw("</b><br>")
        html.say(
            "Sebabnya dicari oleh <code>khoins-callback check</code>.",
            "<code>khoins-callback check</code> looks for the cause.")
        html.raw("</div></div>")
    }

    private func back(_ html: inout HTML) {
        html.raw("<p><a class=\"btn\" href=\"?daftar\">← ")
        html.say("Transaksi", "Transactions")
        html.raw("</a></p>")
    }

    private func empty(_ html: inout HTML, _ address: String) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Belum ada callback", "No callback yet")
        html.raw("</h1></div><section><p>")
        html.say(
            "Halaman ini terisi sendiri begitu KHOINS mengirim hasil pertama. Tiga langkah sampai ke sana:",
            "This page fills by itself as soon as KHOINS sends the first result. Three steps until then:")
        html.raw("</p><ol class=\"step\"><li class=\"done\"><b>")
        html.say("Terpasang.", "Installed.")
        html.raw("</b> ")
        html.say("Halaman ini menjawab, dan token sudah ada.", "This page answers, and there is a token.")
        html.raw("</li><li><b>")
        html.say("Coba alamatnya.", "Try the address.")
        html.raw("</b> ")
        html.say(
            "Buka URL callback Anda (dengan token) di peramban. Jawabannya harus",
            "Open your callback’s URL (with the token) in a browser. It must answer")
        html.raw(" <code>{&quot;status&quot;:&quot;ok&quot;}</code></li><li><b>")
        html.say("Daftarkan di KHOINS.", "Register it at KHOINS.")
        html.raw("</b> <code>")
        html.plain(address)
        html.raw("/…</code><br><small>")
        html.say(
            "Token tidak ditampilkan di sini. Ia ada di pengaturan, sebagai KHOINS_TOKEN.",
            "The token is not shown here. It is in the settings, as KHOINS_TOKEN.")
        html.raw("</small></li></ol></section>")
    }
}
