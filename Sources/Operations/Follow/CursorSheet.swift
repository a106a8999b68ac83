import Formats
import Journal
import KHOINS
import Ledger
import System

/// How the cursors stand, for a person or as JSON.
package enum CursorSheet {
    /// Entries that wait which are named, of each cursor.
    private static let named = 20

    package static func print(_ reports: [CursorReport], _ zone: Zone, json: Bool, now: Timestamp = .now) {
        for report in reports {
            if json { StandardOutput.writeJSONLine(object(report)) } else { print(report, zone, now) }
        }
    }

    private static func print(_ report: CursorReport, _ zone: Zone, _ now: Timestamp) {
        guard let cursor = report.cursor else {
            StandardOutput.writeLine("\(report.name.printable): its file cannot be read: \(report.cure)")
            return
        }
        var table = Table([.init(""), .init("")], write: StandardOutput.writeLine)
        func add(_ key: String, _ value: String, _ style: Style = .plain) {
            table.append([.init(key, .bold), .init(value, style)])
        }
        add("cursor", report.name)
        add("position", Self.words(cursor))
        if let mark = cursor.marks.last { add("of", LocalTime(mark.time, zone).text) }
        let since = report.behindSince.map { ", since \(duration(microseconds: now.microseconds - $0.microseconds))" }
        add(
            "behind", report.entriesBehind == 0 ? "nothing" : "\(grouped(report.entriesBehind)) entries\(since ?? "")",
            report.entriesBehind == 0 ? .plain : .yellow)
        add(
            "follower",
            report.holder.map { "process \($0.process)\($0.isStopped ? ", which is stopped" : "")" } ?? "none runs now")
        if !report.waiting.isEmpty {
            add("stuck", "\(grouped(report.waiting.count)) entries", .yellow)
        }
        table.finish()
        if report.waiting.isEmpty { return StandardOutput.writeLine("") }
        StandardOutput.writeLine("")
        var waiting = Table(
            [
                .init("ENTRY", .right), .init("RECORD"), .init("TRIES", .right), .init("SINCE"), .init("NEXT TRY"),
                .init("LAST ANSWER"),
            ], write: StandardOutput.writeLine)
        for line in report.waiting.prefix(named) {
            waiting.append([
                .init(line.position.description), .init(line.name), .init(grouped(line.tries)),
                .init(LocalTime(line.since, zone).text), .init(LocalTime(line.next, zone).text),
                .init(line.answer ?? "waits for the one before"),
            ])
        }
        waiting.finish()
        if report.waiting.count > named {
            StandardOutput.writeLine("and \(grouped(report.waiting.count - named)) more: see --json")
        }
        StandardOutput.writeLine("")
    }

    /// The numbers that `--json` has, in words: the oldest entry that is not done, and the first that was not read.
    private static func words(_ cursor: Cursor) -> String {
        let (position, readUpTo) = (cursor.position.number, cursor.readUpTo.number)
        return position == readUpTo
            ? "\(position): all before it is done" : "\(position): all before it is done; read up to \(readUpTo)"
    }

    private static func object(_ report: CursorReport) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 1_024)
        writer.open("{")
        writer.member("cursor", report.name)
        writer.mark("damaged", report.cursor == nil)
        if let cursor = report.cursor {
            writer.member("position", cursor.position.number)
            writer.member("readUpTo", cursor.readUpTo.number)
            writer.member("behind", report.entriesBehind)
            time("behindSince", report.behindSince, &writer)
        }
        writer.member("process", report.holder.map { Int($0.process) })
        writer.member("stuck", report.waiting.count)
        writer.next()
        writer.key("waiting")
        writer.open("[")
        for line in report.waiting {
            writer.next()
            writer.open("{")
            writer.member("position", line.position.number)
            writer.member("record", line.name)
            writer.member("tries", line.tries)
            time("since", line.since, &writer)
            time("next", line.next, &writer)
            writer.member("answer", line.answer)
            writer.close("}")
        }
        writer.close("]")
        writer.close("}")
        return writer.bytes
    }

    private static func time(_ key: StaticString, _ time: Timestamp?, _ writer: inout JSONWriter) {
        guard let time else { return }
        writer.next()
        writer.key(key)
        writer.time(time)
    }
}
