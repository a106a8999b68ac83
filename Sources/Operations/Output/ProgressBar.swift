import Formats
import Glibc

/// Shows on standard error how far a long piece of work is: only to a person, and only once it takes long.
package final class ProgressBar {
    /// What is counted.
    package enum Unit {
        case records
        case bytes
        case lines
        case parts
    }

    private static let quietMicroseconds: Int64 = 500_000
    private static let pauseMicroseconds: Int64 = 100_000
    private static let barWidth = 24

    private let title: String
    private let unit: Unit
    private let isShown: Bool
    private let start = Timestamp.now
    private var lastDrawn: Timestamp
    private var hasDrawn = false

    package init(_ title: String, _ unit: Unit, isShown: Bool = Terminal.isWatched) {
        self.title = title
        self.unit = unit
        self.isShown = isShown
        lastDrawn = start
    }

    /// - Parameter all: `nil` where nobody knows how much there is.
    package func update(_ done: Int, of all: Int?) {
        guard isShown else { return }
        let now = Timestamp.now
        let elapsed = now.microseconds - start.microseconds
        guard elapsed > Self.quietMicroseconds, now.microseconds - lastDrawn.microseconds > Self.pauseMicroseconds
        else {
            return
        }
        lastDrawn = now
        hasDrawn = true
        let line = Self.line(title, unit, done, of: all, elapsed: elapsed)
        // One that goes over to the next line could not be taken away again.
        StandardError.draw("\r\u{1b}[K" + line.shortened(to: (Terminal.errorWidth ?? .max) - 1, .end))
    }

    /// Takes the bar away again, so that only results stay.
    package func finish() {
        if hasDrawn { StandardError.draw("\r\u{1b}[K") }
        hasDrawn = false
    }

    /// `Importing [#####...] 45%  12.345 lines  8.200/s  12 s left`
    package static func line(_ title: String, _ unit: Unit, _ done: Int, of all: Int?, elapsed: Int64) -> String {
        let rate = Double(done) / (Double(max(elapsed, 1)) / 1_000_000)
        var parts: [String] = []
        if let all, all > 0 {
            let share = min(1, Double(done) / Double(all))
            let filled = Int(share * Double(barWidth))
            parts.append(
                "[\(String(repeating: "#", count: filled))\(String(repeating: ".", count: barWidth - filled))]"
                    + " \(Int(share * 100))%")
        }
        switch unit {
        case .records: parts += ["\(grouped(done)) records", "\(grouped(Int(rate)))/s"]
        case .lines: parts += ["\(grouped(done)) lines", "\(grouped(Int(rate)))/s"]
        case .bytes: parts += ["\(grouped(done >> 20)) MiB", "\(grouped(Int(rate) >> 20)) MiB/s"]
        case .parts: break
        }
        if let all, rate > 0, done < all {
            parts.append("\(duration(microseconds: Int64(Double(all - done) / rate * 1_000_000))) left")
        }
        return "\(title) \(parts.joined(separator: "  "))"
    }
}
