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
    private let chosen: [RecordTable.Column]?

    /// - Parameter chosen: What a table or a file for a spreadsheet tells of each; `nil` for the usual.
    package init(json: Bool, csv: Bool, zone: Zone, chosen: [RecordTable.Column]? = nil) {
        self.zone = zone
        self.chosen = chosen
        let columns = chosen?.map { Table.Column($0.rawValue.uppercased(), excess: .end(8)) } ?? Self.columns(zone)
        form = json ? .json : csv ? .csv : .table(Table(columns, write: StandardOutput.writeLine))
        if csv { StandardOutput.write(CSV.byteOrderMark + Array(RecordTable.header(columnsOfCSV).utf8)) }
    }

    private var columnsOfCSV: [RecordTable.Column] { chosen ?? RecordTable.Column.allCases }

    package mutating func print(_ stored: StoredRecord) {
        guard let record = stored.record else { return }
        switch form {
        case .table(var table):
            // Taken out and put back, so that what the table keeps is not copied for each row.
            form = .json
            table.append(
                chosen.map { $0.map { .init($0.text(stored.name, record, zone)) } } ?? row(stored.name, record))
            form = .table(table)
        case .json: StandardOutput.writeJSONLine(Array(Self.compact(stored.json).utf8))
        case .csv: StandardOutput.writeData(Array(RecordTable.line(stored.name, record, zone, columnsOfCSV).utf8))
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

    private func row(_ name: RecordName, _ record: Record) -> [Table.Cell] {
        let cells = record.cells(name)
        return [
            .init(record.receivedAt, zone), cells.status, cells.id, cells.product, cells.destination, cells.rupiah,
            cells.last,
        ]
    }
}

extension Record {
    /// What `show` takes.
    package func shownID(_ name: RecordName) -> String {
        callback.kind == .topup ? name.shown : callback.trxid ?? name.shown
    }

    /// What a line tells of a record, nothing for what is unknown.
    struct Cells {
        var status, id, product, destination, rupiah: Table.Cell
        /// The serial number, or the reason why there is none, and what marks the record.
        var last: Table.Cell
    }

    func cells(_ name: RecordName) -> Cells {
        let isTopup = callback.kind == .topup
        let last = [callback.serialNumber ?? callback.reason].compactMap { $0 }
        var marks: [String] = []
        if reversed { marks.append("(reversed)") }
        if unclear { marks.append("(unclear)") }
        if callback.damaged { marks.append("(damaged)") }
        return Cells(
            status: .init(status.rawValue, Style(status)), id: .init(shownID(name)),
            product: .init(isTopup ? "top-up" : callback.product ?? ""),
            destination: .init((isTopup ? callback.memberid : callback.destination) ?? ""),
            rupiah: .init((isTopup ? callback.amount : callback.price).map(grouped) ?? ""),
            // A mark must not be what is shortened away.
            last: .init((last + marks).joined(separator: " "), short: (marks + last).joined(separator: " ")))
    }
}
