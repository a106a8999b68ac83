import Formats
import KHOINS
import Ledger
import System

/// Prints what an import has taken in, one delivery a line.
package final class ImportLines {
    private let json: Bool
    private let zone: Zone
    private var table: Table

    /// A table without an end: its columns are as wide as ids mostly are. On 80 columns the time leaves first.
    private static let columns: [Table.Column] = [
        .init("LINE", .right, width: 8), .init("TIME", leaves: 1, width: 19, shortWidth: 11),
        .init("ID", excess: .middle(11), width: 24), .init("STATUS", width: 10), .init("RESULT"),
    ]

    package init(json: Bool, zone: Zone) {
        self.json = json
        self.zone = zone
        // Whoever takes lines apart wants none that is a heading.
        var isHeading = !Terminal.isOutput
        table = Table(Self.columns, measuredRows: 0) { line in
            if !isHeading { StandardOutput.writeLine(line) }
            isHeading = false
        }
    }

    package func write(_ taken: Importer.Taken) {
        if json {
            var writer = JSONWriter()
            writer.open("{")
            writer.member("line", taken.line)
            writer.member("trxid", taken.callback?.trxid)
            writer.member("memberid", taken.callback?.memberid)
            writer.member("status", taken.callback?.status.rawValue)
            writer.member("result", taken.result.rawValue)
            writer.close("}")
            StandardOutput.writeJSONLine(writer.bytes)
            return
        }
        let time = taken.time.map { LocalTime($0, zone) }
        table.append([
            .init(String(taken.line)), .init(time?.dateAndTime ?? "-", short: time?.short(now: .now)),
            .init(taken.id ?? "-"),
            .init(taken.callback?.status.rawValue ?? "-"),
            .init(taken.result.rawValue),
        ])
    }
}
