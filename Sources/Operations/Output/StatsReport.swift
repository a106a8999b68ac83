import Formats
import KHOINS
import Ledger

/// Prints what was counted.
package struct StatsReport {
    private let tally: Tally
    private let rejected: RejectionCount
    private let now: Timestamp
    private let zone: Zone

    package init(_ tally: Tally, _ rejected: RejectionCount, now: Timestamp, zone: Zone) {
        self.tally = tally
        self.rejected = rejected
        self.now = now
        self.zone = zone
    }

    package func printTable() {
        if !tally.sums.isEmpty { printSums() }
        printFacts()
    }

    private func printSums() {
        var table = Table(
            [
                .init("DAY"), .init("KIND", excess: .end(5), leaves: 1), .init("STATUS", excess: .end(7)),
                .init("COUNT", .right),
                .init("RUPIAH", .right, leaves: 2),
            ],
            write: StandardOutput.writeLine)
        var previous = ""
        let days = tally.sums.sorted { $0.key < $1.key }.map { ($0.key.day, $0.key, $0.value) }
        let totals = tally.totals.sorted { $0.key < $1.key }.map { ("all", $0.key, $0.value) }
        for (day, key, sum) in days + (Set(tally.sums.keys.map(\.day)).count > 1 ? totals : []) {
            table.append([
                day == previous ? "" : .init(day, short: shortened(day)), .init(key.kind.rawValue),
                .init(key.status.rawValue, Style(key.status)), .init(grouped(sum.count)),
                .init(sum.rupiah == 0 ? "" : grouped(sum.rupiah)),
            ])
            previous = day
        }
        table.finish()
        StandardOutput.writeLine("")
    }

    /// `11-22`, if it is of this year.
    private func shortened(_ day: String) -> String {
        let year = LocalTime(now, zone).day.prefix(5)
        return day.hasPrefix(year) ? String(day.dropFirst(year.count)) : day
    }

    private func printFacts() {
        var facts = Table(
            [.init("", excess: .folds(12)), .init("", excess: .folds(12))], write: StandardOutput.writeLine)
        let (good, ended) = tally.success
        if ended > 0 {
            facts.append([
                "success rate",
                .init("\(Self.percent(good, of: ended)) % (\(grouped(good)) of \(grouped(ended)) that ended)"),
            ])
        }
        if tally.unclear > 0 {
            facts.append(["unclear", .init("\(grouped(tally.unclear)); `list --status unclear` shows them")])
        }
        let waits = self.waits
        if let longest = waits.max(), let median = median(waits) {
            facts.append([
                "waiting",
                .init(
                    "\(grouped(waits.count)), the longest \(duration(microseconds: longest)), the median "
                        + duration(microseconds: median)),
            ])
        }
        if let longest = tally.answerTimes.max(), let median = median(tally.answerTimes) {
            facts.append([
                "from order to end",
                .init(
                    "median \(duration(microseconds: median)), longest \(duration(microseconds: longest)) "
                        + "(\(grouped(tally.answerTimes.count)) known)"),
            ])
        }
        if rejected.count > 0, let newest = rejected.newest {
            facts.append([
                "rejected",
                .init(
                    "\(grouped(rejected.count)), no callback; the newest of \(LocalTime(newest, zone).text)", .yellow),
            ])
        }
        facts.finish()
    }

    package func printJSON() {
        for (key, sum) in tally.sums.sorted(by: { $0.key < $1.key }) { printLine("day", key, sum) }
        for (key, sum) in tally.totals.sorted(by: { $0.key < $1.key }) { printLine("total", key, sum) }
        let (good, ended) = tally.success
        printLine("success") {
            $0.member("count", good); $0.member("ended", ended)
        }
        let waits = self.waits
        printLine("waiting") { writer in
            writer.member("count", waits.count)
            writer.member("longestMilliseconds", waits.max().map { Int($0 / 1000) })
            writer.member("medianMilliseconds", median(waits).map { Int($0 / 1000) })
        }
        printLine("answer") { writer in
            writer.member("count", tally.answerTimes.count)
            writer.member("longestMilliseconds", tally.answerTimes.max().map { Int($0 / 1000) })
            writer.member("medianMilliseconds", median(tally.answerTimes).map { Int($0 / 1000) })
        }
        if tally.unclear > 0 { printLine("unclear") { $0.member("count", tally.unclear) } }
        if rejected.count == 0 { return }
        printLine("rejected") { writer in
            writer.member("count", rejected.count)
            writer.member("newest", rejected.newest?.iso8601())
        }
    }

    /// Microseconds that each transaction without a final status has waited.
    private var waits: [Int64] { tally.waitingSince.map { max(0, now.microseconds - $0.microseconds) } }

    private func printLine(_ type: String, _ key: Tally.Key, _ sum: Tally.Sum) {
        printLine(type) { writer in
            writer.member("day", key.day.isEmpty ? nil : key.day)
            writer.member("kind", key.kind.rawValue)
            writer.member("status", key.status.rawValue)
            writer.member("count", sum.count)
            writer.member("rupiah", sum.rupiah)
        }
    }

    private func printLine(_ type: String, _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.open("{")
        writer.member("type", type)
        write(&writer)
        writer.close("}")
        StandardOutput.writeJSONLine(writer.bytes)
    }

    /// `99,5`: one digit behind the comma, rounded down, so that 100,0 means all.
    private static func percent(_ part: Int, of whole: Int) -> String {
        let perMille = part * 1000 / whole
        return "\(perMille / 10),\(perMille % 10)"
    }
}
