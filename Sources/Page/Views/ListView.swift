import Formats
import Journal
import Ledger

/// The transactions of some days.
struct ListView {
    var query: ListQuery
    var page: ListPage
    var counts: ListCounts
    var rejected: Int
    var now: Timestamp
    var wording: Wording

    func write(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Transaksi", "Transactions")
        html.raw("</h1><a class=\"btn\" href=\"")
        link(&html, query.choice, isCSV: true)
        html.raw("\">")
        html.say("Unduh CSV", "Download CSV")
        html.raw("</a></div>")
        Chips(query: query, counts: counts, rejected: rejected, isRejected: false, wording: wording).write(&html)
        dates(&html)
        if page.records.isEmpty {
            html.raw("<section><p>")
            html.say(
                "Tidak ada transaksi yang cocok di tanggal ini.", "No transaction matches on these days.")
            html.raw("</p></section>")
        } else {
            RecordRows(records: page.records, now: now, wording: wording).write(&html)
        }
        html.raw("<p class=\"more\"><span class=\"mut\">")
        html.grouped(page.records.count)
        html.say(" ditampilkan", " shown")
        html.raw("</span>")
        if let next = page.next {
            html.raw("<a class=\"btn\" href=\"")
            link(&html, query.choice)
            html.raw("&amp;sebelum=")
            html.plain(next.description)
            html.raw("\">")
            html.say("Lebih lama", "Older")
            html.raw(" →</a>")
        }
        html.raw("</p>")
    }

    private func link(_ html: inout HTML, _ choice: ListQuery.Choice, isCSV: Bool = false) {
        ListLink(query: query, choice: choice, wording: wording).write(&html)
        if isCSV { html.raw("&amp;csv") }
    }

    private func dates(_ html: inout HTML) {
        html.raw("<details class=\"box dates\"><summary>")
        html.say("Tanggal: ", "Dates: ")
        html.plain(query.from.map(wording.date) ?? "…")
        html.raw(" – ")
        html.plain(wording.date(query.to ?? now))
        html.raw("</summary><form method=\"get\" class=\"more\"><input type=\"hidden\" name=\"daftar\">")
        if query.choice != .all {
            html.raw("<input type=\"hidden\" name=\"status\" value=\"")
            html.plain(query.choice.rawValue)
            html.raw("\">")
        }
        html.raw("<label>")
        html.say("Dari", "From")
        html.raw(" <input type=\"date\" name=\"dari\" value=\"")
        html.plain(query.from.map(day) ?? "")
        html.raw("\"></label> <label>")
        html.say("Sampai", "To")
        html.raw(" <input type=\"date\" name=\"sampai\" value=\"")
        html.plain(day(query.to ?? now))
        html.raw("\"></label> <button class=\"pri\">")
        html.say("Tampilkan", "Show")
        html.raw("</button>")
        for (back, length, words) in [
            (1, 1, ("Kemarin", "Yesterday")), (6, 7, ("7 hari", "7 days")),
        ] as [(Int64, Int64, (StaticString, StaticString))] {
            let first = Timestamp(microseconds: now.microseconds - back * 86_400_000_000)
            let last = Timestamp(microseconds: first.microseconds + (length - 1) * 86_400_000_000)
            html.raw(" <a class=\"btn\" href=\"?daftar&amp;dari=")
            html.plain(day(first))
            html.raw("&amp;sampai=")
            html.plain(day(last))
            if query.choice != .all {
                html.raw("&amp;status=")
                html.plain(query.choice.rawValue)
            }
            html.raw("\">")
            html.say(words.0, words.1)
            html.raw("</a>")
        }
        html.raw("</form></details>")
    }

    private func day(_ moment: Timestamp) -> String { LocalTime(moment, wording.zone).day }
}

/// The address of a list: the same days with a choice.
struct ListLink {
    var query: ListQuery
    var choice: ListQuery.Choice
    var wording: Wording

    func write(_ html: inout HTML) {
        html.raw("?daftar")
        if choice != .all {
            html.raw("&amp;status=")
            html.plain(choice.rawValue)
        }
        if let from = query.from {
            html.raw("&amp;dari=")
            html.plain(LocalTime(from, wording.zone).day)
        }
        if let to = query.to {
            html.raw("&amp;sampai=")
            html.plain(LocalTime(to, wording.zone).day)
        }
    }
}

/// The choices of a list, each with how many there are.
struct Chips {
    var query: ListQuery
    var counts: ListCounts
    var rejected: Int
    var isRejected: Bool
    var wording: Wording

    func write(_ html: inout HTML) {
        let counts = counts.counts
        html.raw("<div class=\"chips\" role=\"group\" aria-label=\"Status\">")
        chip(&html, .all, nil, "", counts.all, "Semua", "All")
        chip(&html, .success, .success, "ok", counts.success, "Sukses", "Success")
        chip(&html, .failed, .failed, "bad", counts.failed, "Gagal", "Failed")
        chip(&html, .pending, .waiting, "wait", counts.pending, "Pending", "Pending")
        chip(&html, .other, .reversed, "odd", counts.other, "Lainnya", "Other")
        html.raw("<a href=\"?ditolak\"")
        if isRejected { html.raw(" aria-current=\"true\"") }
        html.raw(">")
        html.icon(.alarm, "bad")
        html.say("Ditolak", "Rejected")
        html.raw(" <span class=\"mut\">")
        html.grouped(rejected)
        html.raw("</span></a></div>")
    }

    private func chip(
        _ html: inout HTML, _ choice: ListQuery.Choice, _ icon: Icon?, _ colour: StaticString, _ count: Int,
        _ indonesian: StaticString, _ english: StaticString
    ) {
        html.raw("<a href=\"")
        ListLink(query: query, choice: choice, wording: wording).write(&html)
        html.raw(choice == query.choice && !isRejected ? "\" aria-current=\"true\">" : "\">")
        if let icon { html.icon(icon, colour) }
        html.say(indonesian, english)
        html.raw(" <span class=\"mut\">")
        html.grouped(count)
        if counts.isPartial { html.raw("+") }
        html.raw("</span></a> ")
    }
}
