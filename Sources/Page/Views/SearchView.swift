import Formats
import Journal
import Ledger

/// What was found for a word.
struct SearchView {
    var text: String
    var results: RecordSearch.Results
    var now: Timestamp
    var wording: Wording

    func write(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        if results.records.isEmpty {
            html.say("Tidak ada hasil untuk", "Nothing found for")
        } else {
            html.say("Hasil untuk", "Results for")
        }
        html.raw(" “")
        html.foreign(text)
        html.raw("”</h1></div>")
        if results.records.isEmpty {
            html.raw("<section><p>")
            html.say(
                "Dicari di TRX ID, nomor tujuan, SN, dan member",
                "Searched in TRX IDs, destination numbers, SNs and members")
            reach(&html)
            html.raw(".</p><p class=\"mut\">")
            html.say(
                "Callback bisa saja belum datang. Status di KHOINS tidak ditanyakan oleh halaman ini.",
                "The callback may not have come yet. This page does not ask KHOINS for a status.")
            html.raw("</p>")
            further(&html)
            html.raw("</section>")
            return
        }
        RecordRows(records: results.records, now: now, wording: wording).write(&html)
        html.raw("<div class=\"more\"><span class=\"mut\">")
        html.grouped(results.records.count)
        html.say(" ditemukan", " found")
        reach(&html)
        html.raw("</span>")
        further(&html)
        html.raw("</div>")
    }

    private func reach(_ html: inout HTML) {
        guard let oldest = results.oldest else { return }
        html.say(", dari hari ini sampai ", ", from today back to ")
        html.plain(wording.date(oldest))
        html.raw(" (")
        html.grouped(results.looked)
        html.say(" catatan)", " records)")
    }

    private func further(_ html: inout HTML) {
        guard let next = results.next else { return }
        html.raw("<form method=\"post\" action=\"?cari\"><input type=\"hidden\" name=\"q\" value=\"")
        html.attribute(text)
        html.raw("\"><input type=\"hidden\" name=\"sebelum\" value=\"")
        html.plain(next.description)
        html.raw("\"><button>")
        if results.isExact {
            html.say("Cari juga sebagai bagian", "Search for parts, too")
        } else {
            html.say("Cari lebih jauh ke belakang", "Search further back")
        }
        html.raw("</button></form>")
    }
}

/// A word that nothing can be found for.
struct SearchHint {
    func write(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Cari", "Search")
        html.raw("</h1></div><section><p>")
        html.say(
            "Ketik sedikitnya 3 huruf atau angka dari TRX ID, nomor tujuan, SN, atau member.",
            "Type at least 3 letters or digits of a TRX ID, a destination number, an SN or a member.")
        html.raw("</p></section>")
    }
}
