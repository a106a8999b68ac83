import Formats
import Journal
import KHOINS
import Ledger

/// Top-ups, with what a month came to.
struct TopupsView {
    /// What the successful ones of a month come to.
    struct Month {
        var month: Int
        var rupiah = 0
        var count = 0
    }

    var page: ListPage
    var months: [Month]
    var tally: RecentDays
    var now: Timestamp
    var wording: Wording

    func write(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Isi saldo", "Top-ups")
        html.raw("</h1><a class=\"btn\" href=\"?saldo&amp;csv\">")
        html.say("Unduh CSV", "Download CSV")
        html.raw("</a></div>")
        figures(&html)
        if page.records.isEmpty {
            html.raw("<section><p>")
            html.say("Belum ada isi saldo.", "No top-up yet.")
            html.raw("</p></section>")
            return
        }
        html.raw("<section class=\"l\"><table><thead><tr><th scope=\"col\">")
        html.say("Waktu (", "Time (")
        html.plain(wording.zone.rawValue)
        html.raw(")</th><th scope=\"col\">Status</th><th scope=\"col\">Member</th><th scope=\"col\">")
        html.say("Nomor", "Number")
        html.raw("</th><th scope=\"col\" class=\"r\">")
        html.say("Jumlah (Rp)", "Amount (Rp)")
        html.raw("</th><th scope=\"col\">")
        html.say("Saldo sesudahnya", "Balance afterwards")
        html.raw("</th></tr></thead><tbody>")
        for stored in page.records {
            if let record = stored.record { row(&html, stored.name, record) }
        }
        html.raw("</tbody></table></section><p class=\"more\"><span class=\"mut\">")
        html.grouped(page.records.count)
        html.say(" ditampilkan", " shown")
        html.raw("</span>")
        if let next = page.next {
            html.raw("<a class=\"btn\" href=\"?saldo&amp;sebelum=")
            html.plain(next.description)
            html.raw("\">")
            html.say("Lebih lama", "Older")
            html.raw(" →</a>")
        }
        html.raw("</p>")
    }

    private func figures(_ html: inout HTML) {
        html.raw("<section class=\"kpi\">")
        for month in months {
            html.raw("<div class=\"row half\"><dl><dt>")
            html.plain(wording.month(month.month))
            html.raw("</dt><dd><b>")
            html.plain(Amount.rupiah(month.rupiah))
            html.raw("</b><small>")
            html.grouped(month.count)
            html.say(" berhasil", " successful")
            html.raw("</small></dd></dl></div>")
        }
        html.raw("<div class=\"row half\"><dl><dt>")
        html.say("Saldo KHOINS", "KHOINS balance")
        html.raw("</dt><dd><b>")
        html.plain(tally.balance.map { Amount.rupiah($0.rupiah) } ?? "–")
        html.raw("</b>")
        if let balance = tally.balance {
            html.raw("<small>")
            html.say("menurut callback ", "as of the callback at ")
            html.plain(wording.dateAndClock(balance.at))
            html.raw("</small>")
        }
        html.raw("</dd></dl></div>")
        let spent = tally.days.reduce(0) { $0.addingSaturated($1.spent) } / max(tally.days.count, 1)
        if let balance = tally.balance, balance.rupiah > 0, spent > 0 {
            html.raw("<div class=\"row half\"><dl><dt>")
            html.say("Cukup untuk", "Lasts for")
            html.raw("</dt><dd><b>± ")
            html.grouped(balance.rupiah / spent)
            html.say(" hari", " days")
            html.raw("</b><small>")
            html.say("dengan belanja 14 hari terakhir", "at the last 14 days’ spending")
            html.raw("</small></dd></dl></div>")
        }
        html.raw("</section>")
    }

    private func row(_ html: inout HTML, _ name: RecordName, _ record: Record) {
        let callback = record.callback
        html.raw("<tr><td class=\"t\">")
        html.plain(wording.dateAndClock(record.receivedAt))
        html.raw("</td><td class=\"s\">")
        html.mark(record.status)
        html.raw("</td><td class=\"i\"><a href=\"")
        RecordLink(name, record).write(&html)
        html.raw("\">")
        html.foreign(callback.memberid ?? name.shown)
        html.raw("</a></td><td class=\"p\">")
        if let trxid = callback.trxid {
            html.raw("<span class=\"only\">")
            html.say("Nomor ", "Number ")
            html.raw("</span>")
            html.foreign(trxid)
        } else {
            html.say("tanpa nomor", "no number")
        }
        html.raw("</td><td class=\"r\"><b>")
        if let amount = callback.amount { html.grouped(amount) }
        html.raw("</b></td><td class=\"n\">")
        if let balance = callback.balance {
            html.raw("<span class=\"only\">")
            html.say("Saldo ", "Balance ")
            html.raw("</span>")
            html.grouped(balance)
        } else if let reason = callback.reason {
            html.foreign(reason)
        }
        html.raw("</td></tr>")
    }
}
