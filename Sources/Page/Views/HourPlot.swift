import Ledger

/// Bars of a day's hours, drawn here: a plot needs no script and no other request.
struct HourPlot {
    var hours: [RecentDays.Counts]

    private static let top = 8
    private static let left = 30
    private static let width = 640
    private static let height = 170

    /// `08–09`
    static func span(_ hour: Int) -> String { "\(two(hour))–\(two(hour + 1))" }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    func write(_ html: inout HTML) {
        let most = Self.rounded(hours.map(\.all).max() ?? 0)
        html.raw("<svg class=\"plot\" viewBox=\"0 0 640 202\" role=\"img\" aria-label=\"")
        html.say("Transaksi per jam hari ini", "Transactions by hour today")
        html.raw("\">")
        for line in 0...3 {
            let value = most * line / 3
            let y = Self.top + Self.height - Self.height * line / 3
            html.raw("<line x1=\"30\" x2=\"640\" y1=\"")
            html.number(y)
            html.raw("\" y2=\"")
            html.number(y)
            html.raw("\"/><text x=\"24\" text-anchor=\"end\" y=\"")
            html.number(y + 4)
            html.raw("\">")
            html.grouped(value)
            html.raw("</text> ")
        }
        for hour in stride(from: 0, to: hours.count, by: 3) {
            html.raw("<text text-anchor=\"middle\" y=\"195\" x=\"")
            html.number(Self.middle(of: hour) / 10)
            html.raw("\">")
            html.plain(Self.two(hour))
            html.raw("</text> ")
        }
        bars(&html, most)
        for (hour, counts) in hours.enumerated() where counts.all > 0 { tip(&html, hour, counts) }
        html.raw("</svg>")
    }

    /// The least of 3, 6, 15, 30, 60, 150, … that is not less, so that the lines stand at whole numbers.
    private static func rounded(_ number: Int) -> Int {
        var step = 3
        while true {
            for factor in [1, 2, 5] where step * factor >= number { return step * factor }
            step *= 10
        }
    }

    /// Of an hour, in tenths, as the slots are no whole numbers.
    private static let slot = (width - left) * 10 / 24
    private static func middle(of hour: Int) -> Int { left * 10 + hour * slot + slot / 2 }

    /// All bars of one colour are one path of broad lines: with one for each, a full day would be half of the page.
    private func bars(_ html: inout HTML, _ most: Int) {
        var feet = [Int](repeating: (Self.top + Self.height) * 10, count: hours.count)
        for (count, opening) in [
            ({ $0.success }, "<path class=\"so\" d=\""), ({ $0.failed }, "<path class=\"sb\" d=\""),
            ({ $0.pending + $0.other }, "<path class=\"sw\" d=\""),
        ] as [((RecentDays.Counts) -> Int, StaticString)] {
            guard hours.contains(where: { count($0) > 0 }) else { continue }
            html.raw(opening)
            for (hour, counts) in hours.enumerated() where count(counts) > 0 {
                let tall = max(20, count(counts) * Self.height * 10 / most)
                html.plain("M\(Self.tenths(Self.middle(of: hour))) \(Self.tenths(feet[hour]))v-\(Self.tenths(tall))")
                feet[hour] -= tall + 15
            }
            html.raw("\"/>")
        }
    }

    /// What a pointer anywhere above an hour is told.
    private func tip(_ html: inout HTML, _ hour: Int, _ counts: RecentDays.Counts) {
        html.raw("<path class=\"tip\" d=\"M")
        html.plain("\(Self.tenths(Self.middle(of: hour))) \(Self.top)v\(Self.height)")
        html.raw("\"><title>")
        html.plain("\(Self.span(hour)): \(counts.success) ")
        html.say("Sukses", "Success")
        html.plain(", \(counts.failed) ")
        html.say("Gagal", "Failed")
        if counts.pending > 0 { html.plain(", \(counts.pending) Pending") }
        html.raw("</title></path>")
    }

    private static func tenths(_ number: Int) -> String {
        number % 10 == 0 ? "\(number / 10)" : "\(number / 10).\(number % 10)"
    }
}
