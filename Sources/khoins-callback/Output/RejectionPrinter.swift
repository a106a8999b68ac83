import KHOINSCallback
import Ledger

/// Prints what was no callback, one after another: as a table for people, as JSON lines, or as CSV.
struct RejectionPrinter {
    private enum Form {
        case table(Table)
        case json
        case csv
    }

    private var form: Form

    init(json: Bool, csv: Bool) {
        form = json ? .json : csv ? .csv : .table(Table(Self.columns, write: StandardOutput.writeLine))
        if csv { StandardOutput.write(CSV.byteOrderMark + Array(Self.csvHeader.utf8)) }
    }

    mutating func print(_ stored: StoredRejection) {
        switch form {
        case .table(var table):
            // Taken out and put back, so that what the table keeps is not copied for each row.
            form = .json
            table.append(Self.row(stored))
            form = .table(table)
        case .json: StandardOutput.writeLine(RecordPrinter.compact(stored.json))
        case .csv: StandardOutput.write(Array(CSV.line(Self.cells(stored)).utf8))
        }
    }

    mutating func finish() {
        if case .table(var table) = form { table.finish() }
    }

    private static let columns: [Table.Column] = [
        .init("TIME"), .init("ADDRESS"), .init("ID"), .init("BYTES", .right), .init("WHY"),
    ]

    private static func row(_ stored: StoredRejection) -> [Table.Cell] {
        [
            .init(LocalTime(stored.receivedAt).text), .init(stored.remoteAddress),
            .init(stored.ids.trxid ?? stored.ids.memberid ?? ""), .init(grouped(stored.body.count)),
            .init(stored.error),
        ]
    }

    private static let csvHeader = "time,zone,receivedAt,remoteAddress,method,query,trxid,memberid,bytes,error,file\r\n"

    private static func cells(_ stored: StoredRejection) -> [CSV.Cell] {
        let time = LocalTime(stored.receivedAt)
        return [
            .value(time.dateAndTime), .text(time.zone), .text(stored.receivedAt.iso8601()), .text(stored.remoteAddress),
            .text(stored.method), .text(stored.query), .text(stored.ids.trxid), .text(stored.ids.memberid),
            .number(stored.body.count), .text(stored.error), .text(stored.path),
        ]
    }
}

extension RejectionCount {
    /// `3 rejected deliveries, the newest of 2026-11-22 15:18:33 WIB: …`; `nil` where there is none.
    var words: String? {
        guard count > 0, let newest else { return nil }
        return "\(count == 1 ? "1 rejected delivery, of" : "\(grouped(count)) rejected deliveries, the newest of") "
            + "\(LocalTime(newest).text): `khoins-callback list --kind rejected`"
    }
}
