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

    package init(_ source: FollowSource, _ wakeup: FollowWakeup, json: Bool, once: Bool) {
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
        while wakeup.stops == 0 {
            if try source.look() != .asBefore { try wakeup.watchAgain() }
            let end = try source.end()
            while let changes = try source.next(before: end) {
                let lines = changes.map { json ? Self.json($0) : Self.line($0) }
                if !lines.isEmpty {
                    let newLine = [UInt8(ascii: "\n")]
                    let text = Array(lines.joined(separator: newLine)) + newLine
                    guard write(Terminal.isOutput ? StandardOutput.shown(text) : text) else { return false }
                }
                // Printed first: whoever reads may see a line twice, but never miss one.
                try source.keep(unfinished: [], waitingFrom: nil)
            }
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

    package static func json(_ change: JournalChange) -> [UInt8] {
        let callback = change.record.callback
        var writer = JSONWriter(reservingCapacity: 1024)
        writer.open("{")
        writer.member("position", change.position.number)
        writer.member("trxid", callback.trxid)
        writer.member("memberid", callback.memberid)
        writer.member("status", callback.status.rawValue)
        writer.member("result", change.change.rawValue)
        writer.next()
        writer.key("record")
        writer.raw(change.record.compactJSON)
        writer.close("}")
        return writer.bytes
    }

    package static func line(_ change: JournalChange) -> [UInt8] {
        let callback = change.record.callback
        let columns = [
            (LocalTime(change.time).dateAndTime, 19), (callback.trxid ?? callback.memberid ?? "-", 24),
            (callback.status.rawValue, 10), (callback.product ?? "-", 10), (callback.destination ?? "-", 16),
            (change.change.rawValue, 0),
        ]
        return Array(columns.map { padded($0, to: $1) }.joined(separator: "  ").utf8)
    }

    private static func padded(_ text: String, to width: Int) -> String {
        let shown = text.printable
        return shown + String(repeating: " ", count: max(0, width - shown.displayWidth))
    }
}
