import Formats
import Journal
import Ledger

/// The servers that agree with this one, and how each is.
struct ClusterView {
    var cluster: ClusterOverview
    var wording: Wording

    func write(_ html: inout HTML) {
        html.raw("<section><h2>")
        html.say("Server", "Servers")
        html.raw("</h2>")
        if let problem = cluster.problem {
            html.raw("<p class=\"bad\">")
            html.icon(.alarm, "bad")
            html.raw(" ")
            html.say(
                "Server ini tidak dapat bersepakat dengan yang lain: ", "This server cannot agree with the others: ")
            html.foreign(problem)
            html.raw("</p>")
        }
        html.raw("<table><tbody>")
        for row in cluster.rows { write(row, &html) }
        html.raw("</tbody></table></section>")
    }

    private func write(_ row: ClusterOverview.Row, _ html: inout HTML) {
        html.raw("<tr><th scope=\"row\">")
        html.foreign(row.name)
        if row.name == cluster.identity.member { html.say(" (ini)", " (this one)") }
        // While etcd tells nothing, what it told before says nothing of now.
        let trouble = cluster.problem == nil ? row.trouble(cluster.now) : nil
        html.raw(trouble == nil ? "</th><td class=\"r\">" : "</th><td class=\"r bad\">")
        switch trouble {
        case .gone: html.say("ditinggalkan: isi ulang (seed)", "left behind: seed it")
        case .different: html.say("isinya berbeda", "its records differ")
        case .unstarted: html.say("belum mulai", "not started yet")
        case .behind(let count):
            html.say("tertinggal, batch: ", "behind, batches: ")
            html.grouped(count)
        case .silent(let seconds):
            html.say("tidak terdengar sejak ", "silent for ")
            html.plain(wording.span(seconds))
        case .ahead(let seconds):
            html.say("jamnya terlalu cepat ", "its clock is ahead by ")
            html.plain(wording.span(seconds))
        case nil:
            if let seen = row.seen {
                html.say("terdengar ", "heard ")
                html.plain(wording.span(max(0, cluster.now.seconds - seen.seconds)))
                html.say(" lalu", " ago")
            }
        }
        html.raw("</td></tr>")
    }
}
