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
        for (hour, counts) in hours.enumerated() { bar(&html, hour, counts, most) }
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

    private func bar(_ html: inout HTML, _ hour: Int, _ counts: RecentDays.Counts, _ most: Int) {
        // In tenths, as the slots are no whole numbers.
        let slot = (Self.width - Self.left) * 10 / 24
        let x = Self.left * 10 + hour * slot
        if hour % 3 == 0 {
            html.raw("<text text-anchor=\"middle\" y=\"195\" x=\"")
            html.number((x + slot / 2) / 10)
            html.raw("\">")
            html.plain(Self.two(hour))
            html.raw("</text> ")
        }
        guard counts.all > 0 else { return }
        html.raw("<g><title>")
        html.plain("\(Self.span(hour)): \(counts.success) ")
        html.say("Sukses", "Success")
        html.plain(", \(counts.failed) ")
        html.say("Gagal", "Failed")
        if counts.pending > 0 { html.plain(", \(counts.pending) Pending") }
        html.raw("</title>")
        var y = (Self.top + Self.height) * 10
        for (count, opening) in [
            (counts.success, "<rect class=\"bo\" x=\""), (counts.failed, "<rect class=\"bb\" x=\""),
            (counts.pending + counts.other, "<rect class=\"bw\" x=\""),
        ] as [(Int, StaticString)] where count > 0 {
            let tall = max(20, count * Self.height * 10 / most)
            y -= tall
            html.raw(opening)
            html.plain(Self.tenths(x + slot * 15 / 100))
            html.raw("\" y=\"")
            html.plain(Self.tenths(y))
            html.raw("\" width=\"")
            html.plain(Self.tenths(slot * 7 / 10))
            html.raw("\" height=\"")
            html.plain(Self.tenths(tall))
            html.raw("\"/>")
            y -= 15
        }
        html.raw("</g>")
    }

    private static func tenths(_ number: Int) -> String { "\(number / 10).\(number % 10)" }
}
