import Formats
import KHOINS
import Ledger

/// Prints records one after another: as a table for people, as JSON lines, or as CSV.
package struct RecordPrinter {
    private enum Form {
        case table(Table)
        case json
        case csv
    }

    private var form: Form
    private let zone: Zone

    package init(json: Bool, csv: Bool, zone: Zone) {
        self.zone = zone
        form = json ? .json : csv ? .csv : .table(Table(Self.columns(zone), write: StandardOutput.writeLine))
        if csv { StandardOutput.write(CSV.byteOrderMark + Array(Self.csvHeader.utf8)) }
    }

    package mutating func print(_ stored: StoredRecord) {
        guard let record = stored.record else { return }
        switch form {
        case .table(var table):
            // Taken out and put back, so that what the table keeps is not copied for each row.
            form = .json
            table.append(row(stored.name, record))
            form = .table(table)
        case .json: StandardOutput.writeJSONLine(Array(Self.compact(stored.json).utf8))
        case .csv: StandardOutput.writeData(Array(CSV.line(cells(stored.name, record)).utf8))
        }
    }

    package mutating func finish() {
        if case .table(var table) = form { table.finish() }
    }

    /// A record's own JSON on one line.
    package static func compact(_ json: [UInt8]) -> String {
        var writer = JSONWriter(reservingCapacity: json.count)
        if let value = try? JSONParser.parse(json) { writer.value(value) }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func columns(_ zone: Zone) -> [Table.Column] {
        [
            .init("TIME", short: zone.rawValue, leaves: 1), .init("STATUS"), .init("ID", excess: .middle(11)),
            .init("PRODUCT", excess: .end(4), leaves: 5), .init("DESTINATION", excess: .middle(12), leaves: 2),
            .init("RUPIAH", .right, leaves: 4),
            .init("SERIAL NUMBER OR REASON", short: "SN/REASON", excess: .end(11), leaves: 3),
        ]
    }

    /// The id is what `show` takes.
    private func row(_ name: RecordName, _ record: Record) -> [Table.Cell] {
        let callback = record.callback
        let isTopup = callback.kind == .topup
        let last = [callback.serialNumber ?? callback.reason].compactMap { $0 }
        var marks: [String] = []
        if record.reversed { marks.append("(reversed)") }
        if record.unclear { marks.append("(unclear)") }
        if callback.damaged { marks.append("(damaged)") }
        return [
            .init(record.receivedAt, zone),
            .init(record.status.rawValue, Style(record.status)),
            .init(isTopup ? name.shown : callback.trxid ?? name.shown),
            .init(isTopup ? "top-up" : callback.product ?? ""),
            .init((isTopup ? callback.memberid : callback.destination) ?? ""),
            .init((isTopup ? callback.amount : callback.price).map(grouped) ?? ""),
            // A mark must not be what is shortened away.
            .init((last + marks).joined(separator: " "), short: (marks + last).joined(separator: " ")),
        ]
    }

    private static let csvHeader =
        "time,zone,receivedAt,status,kind,trxid,memberid,product,destination,price,amount,balance,serialNumber,reason,"
        + "providerStatus,providerTime,damaged,reversed,deliveries,file,unclear\r\n"

    private func cells(_ name: RecordName, _ record: Record) -> [CSV.Cell] {
        let callback = record.callback
        let time = LocalTime(record.receivedAt, zone)
        return [
            .value(time.dateAndTime), .text(time.zone.rawValue), .text(record.receivedAt.iso8601()),
            .text(record.status.rawValue), .text(callback.kind.rawValue), .text(callback.trxid),
            .text(callback.memberid), .text(callback.product), .text(callback.destination), .number(callback.price),
            .number(callback.amount), .number(callback.balance), .text(callback.serialNumber), .text(callback.reason),
            .text(callback.providerStatus), .text(callback.providerTime), .text(callback.damaged ? "yes" : ""),
            .text(record.reversed ? "yes" : ""), .number(record.deliveryCount), .text(name.path),
            .text(record.unclear ? "yes" : ""),
        ]
    }
}
