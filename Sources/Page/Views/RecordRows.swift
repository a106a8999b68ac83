import Formats
import KHOINS
import Ledger

/// Records as the rows of a table, day by day; on a phone each becomes three lines.
struct RecordRows {
    var records: [StoredRecord]
    var now: Timestamp
    var wording: Wording

    func write(_ html: inout HTML) {
        html.raw("<section class=\"l\"><table><thead><tr><th scope=\"col\">")
        html.say("Waktu (", "Time (")
        html.plain(wording.zone.rawValue)
        html.raw(")</th><th scope=\"col\">Status</th><th scope=\"col\">TRX ID</th><th scope=\"col\">")
        html.say("Produk dan tujuan", "Product and destination")
        html.raw("</th><th scope=\"col\" class=\"r\">")
        html.say("Harga", "Price")
        html.raw("</th><th scope=\"col\">")
        html.say("SN atau keterangan", "SN or reason")
        html.raw("</th></tr></thead><tbody>")
        var day: Timestamp?
        for stored in records {
            guard let record = stored.record else { continue }
            let midnight = wording.zone.midnight(of: record.receivedAt)
            if midnight != day {
                html.raw("<tr class=\"day\"><th colspan=\"6\" scope=\"rowgroup\"><div>")
                html.plain(wording.longDay(record.receivedAt, now: now))
                html.raw("</div></th></tr>")
                day = midnight
            }
            row(&html, stored.name, record)
        }
        html.raw("</tbody></table></section>")
    }

    private func row(_ html: inout HTML, _ name: RecordName, _ record: Record) {
        let callback = record.callback
        html.raw("<tr><td class=\"t\">")
        html.plain(wording.clock(record.receivedAt))
        html.raw("</td><td class=\"s\">")
        html.mark(record.status)
        html.raw("</td><td class=\"i\"><a href=\"")
        RecordLink(name, record).write(&html)
        html.raw("\">")
        html.foreign(callback.kind == .topup ? RecordLink(name, record).words : callback.trxid ?? name.shown)
        html.raw("</a></td><td class=\"p\">")
        if callback.kind == .topup {
            html.say("Isi saldo ", "Top-up ")
            html.foreign(callback.memberid ?? "")
        } else {
            html.foreign([callback.product, callback.destination].compactMap { $0 }.joined(separator: " "))
        }
        html.raw("</td><td class=\"r\">")
        if let amount = callback.kind == .topup ? callback.amount : callback.price { html.grouped(amount) }
        html.raw("</td><td class=\"n\">")
        if record.reversed {
            html.icon(.reversed, "odd")
            html.say(" Status berbalik. ", " Reversed. ")
        }
        if record.unclear { html.say("Ada kabar yang tidak jelas. ", "A newer one is unclear. ") }
        if let serialNumber = callback.serialNumber, record.status != .failed {
            html.raw("<code>")
            html.foreign(serialNumber)
            html.raw("</code>")
        } else if let reason = callback.reason {
            html.foreign(reason)
        } else if callback.damaged {
            html.say("JSON rusak", "Damaged JSON")
        }
        html.raw("</td></tr>")
    }
}

/// The address of one record's page.
struct RecordLink {
    private let name: RecordName
    private let trxid: String?

    init(_ name: RecordName, _ record: Record) {
        self.name = name
        // An id whose file is named otherwise was put there by hand.
        trxid = record.callback.trxid.flatMap { RecordName(trxid: $0) == name ? $0 : nil }
    }

    /// What it is called: `goodlink+9`.
    var words: String { name.shown }

    func write(_ html: inout HTML) {
        if name.folder == .transactions, let trxid {
            html.raw("?trx=")
            html.queryValue(trxid)
        } else {
            html.raw(name.folder == .transactions ? "?berkas=" : "?isi=")
            html.queryValue(name.shown)
        }
    }
}
