import Formats
import KHOINS
import Ledger

/// One transaction or top-up: what it came to, how it got there, and what KHOINS sent, word for word.
struct RecordView {
    var name: RecordName
    var record: Record
    var wording: Wording

    private var callback: Callback { record.callback }

    func write(_ html: inout HTML) {
        html.raw("<p><a class=\"up\" href=\"")
        html.raw(callback.kind == .topup ? "?saldo" : "?daftar")
        html.raw("\">← ")
        if callback.kind == .topup { html.say("Isi saldo", "Top-ups") } else { html.say("Transaksi", "Transactions") }
        html.raw("</a></p><div class=\"hd\"><h1>")
        html.foreign(title)
        html.raw("</h1><b class=\"")
        html.raw(record.status.colour)
        html.raw("\">")
        html.mark(record.status)
        html.raw("</b></div>")
        notes(&html)
        serialNumber(&html)
        html.raw("<div class=\"two\"><section>")
        facts(&html)
        html.raw("</section><section><h2>")
        html.say("Riwayat", "History")
        html.raw("</h2>")
        history(&html)
        html.raw("</section></div>")
        bodies(&html)
    }

    private var title: String { callback.kind == .topup ? name.shown : callback.trxid ?? name.shown }

    private func note(
        _ html: inout HTML, _ colour: StaticString, _ icon: Icon, _ bold: (StaticString, StaticString),
        _ rest: (StaticString, StaticString)
    ) {
        html.raw("<div class=\"note al ")
        html.raw(colour)
        html.raw("\">")
        html.icon(icon)
        html.raw("<div><b>")
        html.say(bold.0, bold.1)
        html.raw("</b> ")
        html.say(rest.0, rest.1)
        html.raw("</div></div>")
    }

    private func notes(_ html: inout HTML) {
        if record.reversed {
            note(
                &html, "odd", .reversed, ("Status berbalik.", "Reversed."),
                (
                    "Sebelumnya KHOINS mengirim akhir yang lain. Bila pelanggan sudah menerima SN, periksa sebelum mengembalikan uang.",
                    "KHOINS sent another outcome before. If the customer already has the SN, check before you return the money."
                ))
        }
        if record.status == .pending {
            note(
                &html, "wait", .waiting, ("Belum diputuskan.", "Nothing is decided."),
                ("Tanyakan ke KHOINS, jangan dikembalikan dulu.", "Ask KHOINS, and do not refund yet."))
        }
        if record.status == .unknown {
            note(
                &html, "odd", .unclear, ("Tidak jelas: itu bukan gagal.", "Unclear: that does not mean failed."),
                (
                    "Kata KHOINS tidak dikenal atau rusak. Baca teksnya di bawah, lalu tanyakan ke KHOINS.",
                    "KHOINS's word is not known, or damaged. Read its text below, then ask KHOINS."
                ))
        }
        if record.unclear {
            note(
                &html, "odd", .unclear, ("Ada kabar yang lebih baru dan tidak jelas.", "A newer callback is unclear."),
                (
                    "Status di atas tetap berlaku; baca yang terbaru di bawah.",
                    "The status above stands; read the newest one below."
                ))
        }
    }

    /// The SN is what the customer paid for; of a PLN token, its first part is what he types in.
    private func serialNumber(_ html: inout HTML) {
        guard let serialNumber = callback.serialNumber, record.status == .success else { return }
        let parts = serialNumber.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let digits = parts[0].utf8.filter { $0 &- UInt8(ascii: "0") < 10 }
        let isToken = parts.count > 1 && digits.count == 20
        html.raw("<section class=\"sn\"><div><small>")
        if isToken { html.say("Token PLN", "PLN token") } else { html.raw("SN") }
        html.raw("</small><br><code id=\"tok\">")
        html.preformatted(isToken ? parts[0] : serialNumber)
        html.raw("</code>")
        if isToken {
            html.raw("<br><small>")
            html.foreign(parts.dropFirst().joined(separator: " · "))
            html.raw("</small>")
        }
        html.raw("</div><div class=\"more\"><span class=\"pri\" data-copy=\"tok\" data-label=\"")
        if isToken { html.say("Salin token", "Copy token") } else { html.say("Salin SN", "Copy SN") }
        html.raw("\" data-done=\"")
        html.say("Tersalin", "Copied")
        html.raw("\"></span>")
        if isToken {
            html.raw("<span data-copy=\"sn\" data-label=\"")
            html.say("Salin SN", "Copy SN")
            html.raw("\" data-done=\"")
            html.say("Tersalin", "Copied")
            html.raw("\"></span>")
        }
        html.raw("</div></section>")
    }

    private func facts(_ html: inout HTML) {
        html.raw("<dl class=\"facts\">")
        fact(&html, "Keterangan", "Reason", callback.reason)
        fact(&html, "Produk", "Product", callback.product)
        fact(&html, "Tujuan", "Destination", callback.destination)
        fact(&html, "Harga", "Price", callback.price.map(Amount.rupiah))
        fact(&html, "Member", "Member", callback.memberid)
        fact(&html, "Jumlah", "Amount", callback.amount.map(Amount.rupiah))
        if let serialNumber = callback.serialNumber {
            html.raw("<dt>SN</dt><dd class=\"full\"><code id=\"sn\">")
            html.preformatted(serialNumber)
            html.raw("</code></dd>")
        }
        fact(&html, "Saldo sesudahnya", "Balance afterwards", callback.balance.map(Amount.rupiah))
        fact(
            &html, "Waktu KHOINS", "KHOINS's time",
            callback.providerTime.map { time in Timestamp(iso8601: time).map(wording.dateAndClock) ?? time })
        fact(&html, "Kata KHOINS", "KHOINS's word", callback.providerStatus)
        fact(
            &html, "Diterima", "Received", "\(wording.dateAndClock(record.receivedAt)) \(wording.zone.rawValue)")
        fact(&html, "Dari alamat", "From address", record.deliveries.last?.remoteAddress)
        html.raw("<dt>")
        html.say("Berkas", "File")
        html.raw("</dt><dd><code>")
        html.foreign(name.path)
        html.raw("</code></dd></dl><p><a class=\"up\" href=\"")
        RecordLink(name, record).write(&html)
        html.raw("&amp;json\">JSON</a></p>")
    }

    private func fact(_ html: inout HTML, _ indonesian: StaticString, _ english: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        html.raw("<dt>")
        html.say(indonesian, english)
        html.raw("</dt><dd>")
        html.foreign(value)
        html.raw("</dd>")
    }

    private func history(_ html: inout HTML) {
        html.raw("<ol class=\"tl\">")
        var earlier: Timestamp?
        if let expected = record.expected {
            html.raw("<li>")
            html.icon(.waiting, "wait")
            html.raw("<b>Pending</b><br><small>")
            html.plain(wording.dateAndClock(expected.at))
            html.say(" · dicatat saat dipesan", " · noted when ordered")
            html.raw("</small></li>")
            earlier = expected.at
        }
        for delivery in record.deliveries {
            html.raw("<li>")
            html.icon(delivery.status.icon, delivery.status.colour)
            html.raw("<b>")
            html.say(delivery.status.words.0, delivery.status.words.1)
            html.raw("</b><br><small>")
            html.plain(wording.dateAndClock(delivery.receivedAt))
            if let earlier {
                let span = delivery.receivedAt.seconds - earlier.seconds
                html.raw(" · ")
                html.plain(wording.span(abs(span)))
                if span < 0 { html.say(" lebih awal", " earlier") } else { html.say(" kemudian", " later") }
            }
            html.raw("</small></li>")
            if delivery.count > 1 {
                html.raw("<li>")
                html.icon(.over, "off")
                html.raw("<span>")
                html.say("Callback yang sama datang lagi", "The same callback came again")
                html.raw("</span><br><small>")
                html.plain(wording.dateAndClock(delivery.lastReceivedAt))
                html.raw(" · ")
                html.grouped(delivery.count)
                html.say("×, tidak mengubah apa-apa", "×, changes nothing")
                html.raw("</small></li>")
            }
            earlier = delivery.receivedAt
        }
        html.raw("</ol>")
        if record.omittedDeliveries > 0 {
            html.raw("<p class=\"mut\">")
            html.grouped(record.omittedDeliveries)
            html.say(" lainnya hanya ada di jurnal.", " more are in the journal alone.")
            html.raw("</p>")
        }
    }

    /// Bodies that are shown; a record keeps 64, of up to 64 KiB each.
    static let shownBodies = 10

    private func bodies(_ html: inout HTML) {
        guard !record.deliveries.isEmpty else { return }
        html.raw("<section><h2>")
        html.say("Callback yang diterima", "Callbacks received")
        html.raw("</h2>")
        for (index, delivery) in record.deliveries.reversed().prefix(Self.shownBodies).enumerated() {
            html.raw(index == 0 ? "<details open><summary>" : "<details><summary>")
            html.plain(wording.clock(delivery.receivedAt))
            html.raw(" · ")
            html.say(delivery.status.words.0, delivery.status.words.1)
            html.raw(" · ")
            html.foreign(delivery.remoteAddress)
            if delivery.count > 1 { html.plain(" · \(delivery.count)×") }
            html.raw("</summary>")
            BodyView(body: delivery.body, arrival: delivery.receivedAt, wording: wording).write(&html)
            html.raw("</details>")
        }
        html.raw("</section>")
    }
}
