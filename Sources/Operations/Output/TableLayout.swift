/// How wide the columns of a table are, so that its lines fit on a terminal.
struct TableLayout: Equatable {
    /// Spaces between two columns.
    static let gap = 2

    /// The width of each column; `nil` for one that is left out.
    private(set) var widths: [Int?]
    /// Whether cells that have a short form show it.
    private(set) var isShort = false

    /// First the short forms are taken, then what may be shortened is, the widest column first; then columns are left
    /// out, in their order.
    ///
    /// - Parameters:
    ///   - natural: What each column would take.
    ///   - short: What it would take with the short forms.
    ///   - room: Columns of the terminal; `nil` where there is no limit.
    init(_ columns: [Table.Column], natural: [Int], short: [Int], room: Int?) {
        widths = natural
        guard let room, Self.total(widths) > room else { return }
        isShort = true
        var shown = Set(columns.indices)
        while true {
            widths = columns.indices.map { shown.contains($0) ? min(short[$0], room) : nil }
            shrink(to: room) { columns[$0].excess.minimum }
            if Self.total(widths) <= room { return }
            let leaving = shown.filter { columns[$0].leaves > 0 }.max { columns[$0].leaves < columns[$1].leaves }
            guard let leaving else { break }
            shown.remove(leaving)
        }
        // Hardly wider than a word: whatever there is.
        shrink(to: room) { _ in 1 }
    }

    private mutating func shrink(to room: Int, _ minimum: (Int) -> Int?) {
        for _ in 0..<max(0, Self.total(widths) - room) {
            let shrinkable = widths.indices.filter { index in
                guard let width = widths[index], let least = minimum(index) else { return false }
                return width > least
            }
            guard let widest = shrinkable.max(by: { widths[$0] ?? 0 < widths[$1] ?? 0 }) else { return }
            widths[widest] = widths[widest].map { $0 - 1 }
        }
    }

    private static func total(_ widths: [Int?]) -> Int {
        let shown = widths.compactMap { $0 }
        return shown.reduce(0, +) + max(0, shown.count - 1) * gap
    }
}
