import Formats
import KHOINS
import Ledger

/// One record for a person: a line for each field, under the name that it has in the file, with what it means; then
/// the deliveries.
package struct RecordSheet {
    private let name: RecordName
    private let record: Record
    private let zone: Zone

    package init(_ name: RecordName, _ record: Record, zone: Zone) {
        self.name = name
        self.record = record
        self.zone = zone
    }

    /// Names and values, and what they mean where there is room for that. A value is never shortened: a serial number is
    /// as good as cash.
    package static let columns: [Table.Column] = [
        .init("", excess: .end(12)), .init("", excess: .folds(16)), .init("", excess: .folds(20), leaves: 1),
    ]

    package func print() {
        var fields = Table(Self.columns, write: StandardOutput.writeLine)
        for (key, value, meaning) in rows {
            fields.append([.init(key, .bold), value, .init(meaning, .faint)])
        }
        fields.finish()
        // The text is the longest by far, and would push what the others mean out of sight.
        if let text = record.callback.text {
            StandardOutput.writeLine("")
            StandardOutput.writeWords("text: \(text.printable)")
        }
        if record.deliveries.isEmpty { return }
        StandardOutput.writeLine("")
        var deliveries = Table(
            [
                .init("RECEIVED", short: zone.rawValue), .init("FROM", excess: .middle(12), leaves: 3), .init("STATUS"),
                .init("TIMES", .right, leaves: 1), .init("LAST RECEIVED", short: "LAST", leaves: 2),
                .init("BYTES", .right, leaves: 4),
            ], write: StandardOutput.writeLine)
        for delivery in record.deliveries {
            deliveries.append([
                .init(delivery.receivedAt, zone), .init(delivery.remoteAddress),
                .init(delivery.status.rawValue, Style(delivery.status)), .init(grouped(delivery.count)),
                delivery.count > 1 ? .init(delivery.lastReceivedAt, zone) : "",
                .init(grouped(delivery.body.count)),
            ])
        }
        deliveries.finish()
        if record.omittedDeliveries > 0 {
            let again = record.omittedRepeats.map { ", and came \(grouped($0.count)) times again" } ?? ""
            StandardOutput.writeWords("\(grouped(record.omittedDeliveries)) more are in the journal only\(again).")
        }
    }

    private typealias Row = (key: String, value: Table.Cell, meaning: String)

    private var rows: [Row] {
        let callback = record.callback
        var rows: [Row] = []
        func add(_ key: String, _ value: String?, _ meaning: String, _ style: Style = .plain) {
            if let value { rows.append((key, .init(value, style), meaning)) }
        }
        let isTopup = callback.kind == .topup
        add("trxid", callback.trxid, isTopup ? "KHOINS's own id of the top-up" : "the id that the order was sent with")
        add("status", record.status.rawValue, Self.meaning(of: record.status), Style(record.status))
        add("kind", callback.kind.rawValue, isTopup ? "your balance was to be filled" : "an order of yours")
        add("serialNumber", callback.serialNumber, "the SN, which is what the customer paid for")
        add("product", callback.product, "the product's code")
        add("destination", callback.destination, "where it went")
        add("price", callback.price.map(Self.rupiah), "what it cost you")
        add("reason", callback.reason, "why, as KHOINS puts it")
        add("memberid", callback.memberid, "your own id as a member")
        add("amount", callback.amount.map(Self.rupiah), "the sum of the top-up")
        add("balance", callback.balance.map(Self.rupiah), "your balance afterwards")
        add("providerStatus", callback.providerStatus, "the status word as sent")
        add("providerTime", callback.providerTime.map(local), "when KHOINS did it, by its own clock")
        if callback.damaged { add("damaged", "yes", "not all could be read; see --raw for what came", .yellow) }
        if record.reversed { add("reversed", "yes", "another final status stood here before", .magenta) }
        if record.unclear {
            add("unclear", "yes", "something newer came that could not be read; see --raw", .yellow)
        }
        add("receivedAt", LocalTime(record.receivedAt, zone).text, "when this status came")
        if let expected = record.expected {
            add("expected", LocalTime(expected.at, zone).text, "when the order was noted" + wait(since: expected.at))
        }
        add("file", name.path, "in the data directory")
        return rows
    }

    private func wait(since noted: Timestamp) -> String {
        let micros = record.receivedAt.microseconds - noted.microseconds
        guard record.status.isFinal, micros >= 0 else { return "" }
        return ", \(duration(microseconds: micros)) before the status"
    }

    private static func meaning(of status: Status) -> String {
        switch status {
        case .success: "final: delivered"
        case .failed: "final: failed"
        case .expired: "final: not done in time"
        case .cancelled: "final: cancelled"
        case .refunded: "final: given back after all"
        case .pending: "not final: KHOINS has not said how it ended"
        case .unknown: "not final: no status that could be understood; it may well have been delivered"
        }
    }

    private static func rupiah(_ amount: Int) -> String { "Rp\(grouped(amount))" }

    private func local(_ time: String) -> String {
        Timestamp(iso8601: time).map { LocalTime($0, zone).text } ?? time
    }
}
