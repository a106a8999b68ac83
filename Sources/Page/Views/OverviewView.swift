import Formats
import Journal
import KHOINS
import Ledger

/// Today at a glance: whether callbacks come and are kept, what they say, and what somebody should look at.
struct OverviewView {
    var tally: RecentDays
    var rejected: Int
    /// Those that are behind for so long that somebody should look.
    var lateFollowers: [CursorReport]
    /// Why nothing can be stored now, in words; `nil` if it can.
    var failure: String?
    /// How the other servers are, where there are some.
    var cluster: ClusterOverview?
    var now: Timestamp
    var wording: Wording

    func write(_ html: inout HTML) {
        heading(&html)
        if let failure { alarm(&html, failure) }
        if tally.isPartial { partial(&html) }
        if failure == nil { lastArrival(&html) }
        figures(&html)
        html.raw("<div class=\"two swap\"><div>")
        attention(&html)
        if let cluster { ClusterView(cluster: cluster, wording: wording).write(&html) }
        reasons(&html)
        html.raw("</div><div>")
        hours(&html)
        days(&html)
        html.raw("</div></div>")
    }

    private func heading(_ html: inout HTML) {
        html.raw("<div class=\"hd\"><h1>")
        html.say("Hari ini, ", "Today, ")
        html.plain(wording.longDay(now, now: now))
        html.raw("</h1><small>")
        html.say("Diperbarui ", "Updated ")
        html.plain("\(wording.clock(now)) \(wording.zone.rawValue)")
        html.raw("</small></div>")
    }

    private func alarm(_ html: inout HTML, _ failure: String) {
        html.raw("<div class=\"note al bad\" role=\"alert\">")
        html.icon(.alarm)
        html.raw("<div><b>")
        html.say("Callback tidak dapat disimpan: ", "Callbacks cannot be stored: ")
        html.foreign(failure)
        html.raw("</b><br>")
        html.say(
            "KHOINS mendapat jawaban 503. Setelah sebabnya hilang, penerimaan berjalan lagi dengan sendirinya.",
            "KHOINS is answered 503. Once the cause has gone, receiving goes on by itself.")
        html.raw("</div></div>")
    }

    private func partial(_ html: inout HTML) {
        html.raw("<div class=\"note wait\">")
        html.icon(.waiting)
        html.raw("<div>")
        html.say("Angka di bawah ini dihitung dari ", "The figures below are of the newest ")
        html.grouped(RecentDays.maximum)
        html.say(
            " catatan terbaru saja. Semuanya: <code>khoins-callback stats</code>.",
            " records alone. All of them: <code>khoins-callback stats</code>.")
        html.raw("</div></div>")
    }

    private func lastArrival(_ html: inout HTML) {
        guard let newest = tally.newest else { return }
        let silence = now.seconds - newest.seconds
        // How long it usually takes until the next one comes, told by today's.
        let passed = max(now.seconds - wording.zone.midnight(of: now).seconds, 1)
        let usual = tally.arrivals > 0 ? passed / Int64(tally.arrivals) : 0
        let isSilent = tally.arrivals >= 20 && silence > max(20 * usual, 900)
        html.raw(isSilent ? "<div class=\"note al wait\">" : "<p class=\"note ok\">")
        html.icon(isSilent ? .alarm : .success)
        if isSilent {
            html.raw("<div><b>")
            html.say("Tidak ada callback sejak ", "No callback for ")
            html.plain(wording.span(silence))
            html.raw(".</b> ")
            html.say("Hari ini biasanya datang satu tiap ", "Today one usually came every ")
            html.plain(wording.span(usual))
            html.say(
                ". Periksa apakah URL masih terdaftar di KHOINS.",
                ". Check that the URL is still registered at KHOINS.")
            html.raw("</div></div>")
            return
        }
        html.raw("<span class=\"vh\">OK: </span><span>")
        html.say("Callback terakhir <b>", "Last callback <b>")
        html.plain(wording.span(silence))
        html.say(
            " lalu</b>. Semua callback tersimpan.", " ago</b>. Every callback is being stored.")
        html.raw("</span></p>")
    }

    private func figures(_ html: inout HTML) {
        let today = tally.today
        html.raw("<section class=\"kpi\" aria-label=\"")
        html.say("Hari ini", "Today")
        html.raw("\"><div><dl><dt>")
        html.mark(.success)
        html.raw("</dt><dd><b>")
        html.grouped(today.success)
        html.raw("</b></dd></dl></div><div><dl><dt>")
        html.mark(.failed)
        html.raw("</dt><dd><b>")
        html.grouped(today.failed)
        html.raw("</b>")
        if today.failed > 0 {
            html.raw(" <small><a href=\"?daftar&amp;status=gagal&amp;dari=")
            html.plain(day(now))
            html.raw("\">")
            html.say("Lihat", "See them")
            html.raw("</a></small>")
        }
        html.raw("</dd></dl></div><div><dl><dt>")
        html.mark(.pending)
        html.raw("</dt><dd><b>")
        html.grouped(today.pending)
        html.raw("</b>")
        if tally.lateCount > 0 {
            html.raw(" <small class=\"bad\">")
            html.grouped(tally.lateCount)
            if tally.isLateCountPartial { html.raw("+") }
            html.say(" terlalu lama", " too long")
            html.raw("</small>")
        }
        html.raw("</dd></dl></div><div class=\"row rate\"><dl><dt>")
        html.say("Tingkat sukses", "Success rate")
        html.raw("</dt><dd><b>")
        html.plain(Amount.percent(today.success, of: today.ended))
        if today.ended > 0 { html.raw("&nbsp;%") }
        html.raw("</b> <small>")
        html.grouped(today.success)
        html.say(" dari ", " of ")
        html.grouped(today.ended)
        html.say(" yang selesai", " that ended")
        html.raw("</small></dd></dl></div><div class=\"row half\"><dl><dt>")
        html.say("Belanja", "Spent")
        html.raw("</dt><dd><b>")
        html.plain(Amount.rupiah(today.spent))
        html.raw("</b></dd></dl></div><div class=\"row half\"><dl><dt>")
        html.say("Saldo KHOINS", "KHOINS balance")
        html.raw("</dt><dd><b>")
        html.plain(tally.balance.map { Amount.rupiah($0.rupiah) } ?? "–")
        html.raw("</b></dd></dl></div></section>")
    }

    private func attention(_ html: inout HTML) {
        guard tally.lateCount > 0 || tally.reversed > 0 || tally.unclear > 0 || rejected > 0 || !lateFollowers.isEmpty
        else { return }
        html.raw("<section><h2>")
        html.say("Perlu perhatian", "Needs attention")
        html.raw("</h2>")
        if !tally.late.isEmpty {
            html.raw("<p class=\"mut\">")
            html.say(
                "Pending lebih dari 10 menit. Belum diputuskan: tanyakan ke KHOINS, jangan dikembalikan dulu.",
                "Pending for more than 10 minutes. Nothing is decided: ask KHOINS, and do not refund yet.")
            html.raw("</p><table><tbody>")
            for item in tally.late.prefix(10) {
                html.raw("<tr><th scope=\"row\"><a href=\"?trx=")
                html.queryValue(item.trxid)
                html.raw("\">")
                html.foreign(item.trxid)
                html.raw("</a></th><td>")
                html.foreign(item.product ?? "")
                html.raw(" <span class=\"mut\">")
                html.foreign(item.destination ?? "")
                html.raw("</span></td><td class=\"r wait\">")
                html.plain(wording.span(now.seconds - item.since.seconds))
                html.raw("</td></tr>")
            }
            html.raw("</tbody></table><p><span data-copy=\"ask\" data-label=\"")
            html.say("Salin daftar TRX ID", "Copy the TRX IDs")
            html.raw("\" data-done=\"")
            html.say("Tersalin", "Copied")
            html.raw("\"></span></p><p id=\"ask\" hidden>")
            for (index, item) in tally.late.enumerated() {
                if index > 0 { html.raw(" ") }
                html.plain(item.trxid)
            }
            html.raw("</p>")
        }
        html.raw("<table><tbody>")
        row(
            &html, .reversed, "odd", "?daftar&amp;status=berbalik", tally.reversed, "Status berbalik", "Status reversed"
        )
        row(&html, .unclear, "odd", "?daftar&amp;status=tidak-jelas", tally.unclear, "Tidak jelas", "Unclear")
        row(
            &html, .alarm, "bad", "?ditolak", rejected, "Ditolak: bukan callback",
            "Rejected: no callback")
        for report in lateFollowers { follower(&html, report) }
        html.raw("</tbody></table></section>")
    }

    private func row(
        _ html: inout HTML, _ icon: Icon, _ colour: StaticString, _ link: StaticString, _ count: Int,
        _ indonesian: StaticString, _ english: StaticString
    ) {
        guard count > 0 else { return }
        html.raw("<tr><td>")
        html.icon(icon, colour)
        html.raw(" <a href=\"")
        html.raw(link)
        html.raw("\">")
        html.say(indonesian, english)
        html.raw("</a></td><td class=\"r\">")
        html.grouped(count)
        html.raw("</td></tr>")
    }

    /// One that tells the shop, or somebody else, and does not get on.
    private func follower(_ html: inout HTML, _ report: CursorReport) {
        html.raw("<tr><td>")
        html.icon(.alarm, "bad")
        html.raw(" ")
        html.say("Belum diteruskan: ", "Not told yet: ")
        html.foreign(report.name)
        if let answer = report.waiting.first?.answer {
            html.raw(" <span class=\"mut\">")
            html.foreign(answer)
            html.raw("</span>")
        }
        html.raw("</td><td class=\"r bad\">")
        if report.cursor == nil {
            html.say("tidak terbaca", "cannot be read")
        } else {
            html.grouped(report.backlog)
            if let since = report.backlogSince {
                html.raw(" &middot; ")
                html.plain(wording.span(now.seconds - since.seconds))
            }
        }
        html.raw("</td></tr>")
    }

    private func reasons(_ html: inout HTML) {
        guard !tally.reasons.isEmpty else { return }
        html.raw("<section><h2>")
        html.say("Alasan gagal hari ini", "Why they failed today")
        html.raw("</h2><table><tbody>")
        for item in tally.reasons.prefix(8) {
            html.raw("<tr><td>")
            if item.reason.isEmpty {
                html.say("Tanpa keterangan", "No reason given")
            } else {
                html.foreign(item.reason)
            }
            html.raw("</td><td class=\"r\">")
            html.grouped(item.count)
            html.raw("</td></tr>")
        }
        html.raw("</tbody></table></section>")
    }

    private func hours(_ html: inout HTML) {
        html.raw("<section><div class=\"hd\"><h2>")
        html.say("Per jam", "By hour")
        html.raw("</h2><p class=\"key\">")
        key(&html, "<rect class=\"bo\" width=\"12\" height=\"12\" rx=\"2\"/>", "Sukses", "Success")
        key(&html, "<rect class=\"bb\" width=\"12\" height=\"12\" rx=\"2\"/>", "Gagal", "Failed")
        key(&html, "<rect class=\"bw\" width=\"12\" height=\"12\" rx=\"2\"/>", "Pending", "Pending")
        html.raw("</p></div>")
        HourPlot(hours: tally.hours).write(&html)
        html.raw("<details><summary>")
        html.say("Lihat angkanya", "Show the numbers")
        html.raw("</summary><table class=\"num\"><thead><tr><th scope=\"col\">")
        html.say("Jam", "Hour")
        for words in [("Sukses", "Success"), ("Gagal", "Failed"), ("Pending", "Pending")]
            as [(StaticString, StaticString)]
        {
            html.raw("</th><th scope=\"col\">")
            html.say(words.0, words.1)
        }
        html.raw("</th></tr></thead><tbody>")
        // A row or cell needs no end in HTML where the next one begins.
        for (hour, counts) in tally.hours.enumerated() where counts.all > 0 {
            html.raw("<tr><th scope=\"row\">")
            html.plain(HourPlot.span(hour))
            for count in [counts.success, counts.failed, counts.pending] {
                html.raw("<td>")
                html.grouped(count)
            }
        }
        html.raw("</tbody></table></details></section>")
    }

    private func key(_ html: inout HTML, _ mark: StaticString, _ indonesian: StaticString, _ english: StaticString) {
        html.raw("<span><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">")
        html.raw(mark)
        html.raw("</svg>")
        html.say(indonesian, english)
        html.raw("</span> ")
    }

    private func days(_ html: inout HTML) {
        let most = max(tally.days.map(\.all).max() ?? 0, 1)
        html.raw("<section><h2>")
        html.grouped(tally.days.count)
        html.say(" hari terakhir", " last days")
        html.raw("</h2><table class=\"num\"><thead><tr><th scope=\"col\">")
        html.say("Hari", "Day")
        html.raw("</th><th class=\"hide\" scope=\"col\"><span class=\"vh\">")
        html.say("Grafik", "Chart")
        html.raw("</span></th><th class=\"r\" scope=\"col\">")
        html.say("Transaksi", "Count")
        html.raw("</th><th scope=\"col\">")
        html.say("Sukses", "Success")
        html.raw("</th><th class=\"r\" scope=\"col\">Rupiah</th></tr></thead><tbody>")
        for (index, counts) in tally.days.enumerated() {
            let moment = Timestamp(microseconds: now.microseconds - Int64(index) * 86_400_000_000)
            html.raw("<tr><th scope=\"row\"><a href=\"?daftar&amp;dari=")
            html.plain(day(moment))
            html.raw("&amp;sampai=")
            html.plain(day(moment))
            html.raw("\">")
            html.plain(wording.shortDay(moment))
            html.raw("</a><td class=\"hide\"><svg class=\"bar\" aria-hidden=\"true\"><rect class=\"bo\" width=\"")
            html.plain("\(counts.success * 100 / most)%")
            html.raw("\"/><rect class=\"bb\" x=\"")
            html.plain("\(counts.success * 100 / most)%")
            html.raw("\" width=\"")
            html.plain("\(counts.failed * 100 / most)%")
            html.raw("\"/></svg><td>")
            html.grouped(counts.all)
            let isBad = counts.ended >= 20 && counts.success * 10 < counts.ended * 9
            html.raw(isBad ? "<td class=\"bad\"><b>" : "<td>")
            html.plain(Amount.percent(counts.success, of: counts.ended))
            if counts.ended > 0 { html.raw("&nbsp;%") }
            html.raw(isBad ? "</b><td>" : "<td>")
            html.grouped(counts.spent)
        }
        html.raw("</tbody></table></section>")
    }

    private func day(_ moment: Timestamp) -> String { LocalTime(moment, wording.zone).day }
}
