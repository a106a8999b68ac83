import Formats
import Ledger

/// Prints what was no callback, one after another: as a table for people, as JSON lines, or as CSV.
package struct RejectionPrinter {
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

    package mutating func print(_ stored: StoredRejection) {
        switch form {
        case .table(var table):
            // Taken out and put back, so that what the table keeps is not copied for each row.
            form = .json
            table.append(row(stored))
            form = .table(table)
        case .json: StandardOutput.writeJSONLine(Array(RecordPrinter.compact(stored.json).utf8))
        case .csv: StandardOutput.writeData(Array(CSV.line(cells(stored)).utf8))
        }
    }

    package mutating func finish() {
        if case .table(var table) = form { table.finish() }
    }

    private static func columns(_ zone: Zone) -> [Table.Column] {
        [
            .init("TIME", short: zone.rawValue), .init("ADDRESS", excess: .middle(12), leaves: 2),
            .init("ID", excess: .middle(12)),
            .init("BYTES", .right, leaves: 3), .init("WHY", excess: .folds(20), leaves: 1),
        ]
    }

    private func row(_ stored: StoredRejection) -> [Table.Cell] {
        [
            .init(stored.receivedAt, zone), .init(stored.remoteAddress),
            .init(stored.ids.trxid ?? stored.ids.memberid ?? ""), .init(grouped(stored.body.count)),
            .init(stored.error),
        ]
    }

    private static let csvHeader = "time,zone,receivedAt,remoteAddress,method,query,trxid,memberid,bytes,error,file\r\n"

    private func cells(_ stored: StoredRejection) -> [CSV.Cell] {
        let time = LocalTime(stored.receivedAt, zone)
        return [
            .value(time.dateAndTime), .text(time.zone.rawValue), .text(stored.receivedAt.iso8601()),
            .text(stored.remoteAddress),
            .text(stored.method), .text(stored.query), .text(stored.ids.trxid), .text(stored.ids.memberid),
            .number(stored.body.count), .text(stored.error), .text(stored.path),
        ]
    }
}

extension RejectionCount {
    /// `3 rejected deliveries, the newest of 2026-11-22 15:18:33 WIB: …`; `nil` where there is none.
    package func words(_ zone: Zone) -> String? {
        guard count > 0, let newest else { return nil }
        return "\(count == 1 ? "1 rejected delivery, of" : "\(grouped(count)) rejected deliveries, the newest of") "
            + "\(LocalTime(newest, zone).text): `khoins-callback list --kind rejected`"
    }
}
