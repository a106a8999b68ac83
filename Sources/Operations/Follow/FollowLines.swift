import Formats
import Journal
import KHOINS
import Ledger
import System

/// Prints changes, one a line.
package struct FollowLines {
    private let source: FollowSource
    private let wakeup: FollowWakeup
    private let json: Bool
    private let once: Bool
    private let zone: Zone
    private let selection: RecordSelection
    /// Only a person on a terminal is told what the columns are.
    private let hasHeading: Bool

    /// - Parameter selection: Of which records changes are printed, as they are now.
    package init(
        _ source: FollowSource, _ wakeup: FollowWakeup, _ selection: RecordSelection = RecordSelection(), json: Bool,
        once: Bool, zone: Zone
    ) {
        self.zone = zone
        self.selection = selection
        hasHeading = !json && Terminal.isOutput
        self.source = source
        self.wakeup = wakeup
        self.json = json
        self.once = once
    }

    /// Runs until told to stop, or until all is printed.
    ///
    /// - Returns: Whether something could not be read, and was named and passed over.
    package func run() throws(LedgerError) -> Bool {
        defer { FollowNotices.finish() }
        var isFirst = true
        while wakeup.stops == 0 {
            if try source.look() != .asBefore { wakeup.watchAgain() }
            let end = try source.end()
            while let all = try source.next(before: end) {
                if all.isEmpty { continue }
                let changes = all.filter { selection.wants($0.record) }
                if changes.isEmpty {
                    // What nobody wants is read all the same.
                    try source.keep(unfinished: [], waitingFrom: nil)
                    continue
                }
                let heads = hasHeading && isFirst
                isFirst = false
                guard write(json ? Self.json(changes) : Self.lines(changes, zone, hasHeading: heads)) else {
                    return false
                }
                // Printed first: whoever reads may see a line twice, but never miss one.
                try source.keep(unfinished: [], waitingFrom: nil)
            }
            // What cannot be read yet, and since when, is known to the next run too.
            try source.keep(unfinished: [], waitingFrom: nil)
            if once { break }
            wakeup.wait(watchesOutput: true)
        }
        return source.hasPassedOver
    }

    /// Writes as somebody reads: whoever stops reading must not keep this from being told to stop.
    ///
    /// - Returns: Whether all was written; if not, it was told to stop.
    private func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard wakeup.waitForReader() else { return false }
            StandardOutput.write(Array(rest.prefix(LineWriter.longestPiece)))
            rest = rest.dropFirst(LineWriter.longestPiece)
        }
        return true
    }

    private static func json(_ changes: [JournalChange]) -> [UInt8] {
        let text = changes.flatMap { json($0) + [UInt8(ascii: "\n")] }
        return Terminal.isOutput ? StandardOutput.shown(text) : text
    }

    package static func json(_ change: JournalChange) -> [UInt8] {
        let callback = change.record.callback
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.open("{")
        writer.member("position", change.position.number)
        writer.member("trxid", callback.trxid)
        writer.member("memberid", callback.memberid)
        writer.member("status", callback.status.rawValue)
        writer.member("result", change.change.rawValue)
        writer.begin("record")
        writer.raw(change.record.compactJSON)
        writer.close("}")
        return writer.bytes
    }

    /// A table without an end: its columns are as wide as ids and products mostly are. On 80 columns stands what a person
    /// asks for; what the entry did to the record leaves first.
    private static let columns: [Table.Column] = [
        .init("TIME", width: 19, shortWidth: 11), .init("ID", excess: .middle(11), width: 24),
        .init("STATUS", width: 10), .init("PRODUCT", excess: .end(5), leaves: 4, width: 10),
        .init("DESTINATION", short: "NUMBER", excess: .middle(12), leaves: 2, width: 16),
        .init("RUPIAH", .right, leaves: 3, width: 10), .init("RESULT", leaves: 5, width: 9),
        .init("SN OR REASON", short: "SN/REASON", excess: .end(9), leaves: 1, width: 24),
    ]

    /// - Parameters:
    ///   - hasHeading: Begins with what stands in the columns.
    ///   - room: Columns of the terminal; `nil` for no limit.
    package static func lines(
        _ changes: [JournalChange], _ zone: Zone, hasHeading: Bool = false, hasColour: Bool = Terminal.hasColour,
        room: Int? = Terminal.width
    ) -> [UInt8] {
        var text: [UInt8] = []
        var isHeading = true
        var table = Table(columns, hasColour: hasColour, room: room, measuredRows: 0) { line in
            if hasHeading || !isHeading { text += Array(line.utf8) + [UInt8(ascii: "\n")] }
            isHeading = false
        }
        for change in changes { table.append(row(change, zone)) }
        return text
    }

    private static func row(_ change: JournalChange, _ zone: Zone) -> [Table.Cell] {
        let cells = change.record.cells(change.name)
        let time = LocalTime(change.time, zone)
        return [
            .init(time.dateAndTime, short: time.short(now: .now)), cells.id, cells.status, orDash(cells.product),
            orDash(cells.destination), orDash(cells.rupiah), .init(change.change.rawValue), orDash(cells.last),
        ]
    }

    /// Nothing is a dash, so that whoever takes a line apart at its spaces finds each column.
    private static func orDash(_ cell: Table.Cell) -> Table.Cell { cell.text.isEmpty ? "-" : cell }
}
