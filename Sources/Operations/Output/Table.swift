import Formats

/// Rows with aligned columns, for people.
///
/// The first rows decide how wide the columns are, so that a long listing needs no more memory than a short one; later
/// cells that are wider push the rest of their row aside. On a terminal no line is wider than that: cells are shortened
/// or folded, or columns left out. Elsewhere nothing is.
package struct Table {
    package enum Alignment: Sendable {
        case left
        case right
    }

    package struct Column: Sendable {
        /// What becomes of a text for which there is too little room.
        package enum Excess: Sendable {
            /// It is never shortened.
            case stays
            /// Its end is left out, down to so many columns.
            case end(Int)
            /// Its middle is left out: of an id, both ends tell.
            case middle(Int)
            /// It goes on on the next line.
            case folds(Int)

            var minimum: Int? {
                switch self {
                case .stays: nil
                case .end(let width), .middle(let width), .folds(let width): width
                }
            }
        }

        package var title: String
        /// The title over short forms.
        package var short: String
        package var alignment: Alignment
        package var excess: Excess
        /// Where there is too little room for all, the column with the highest number leaves first; 0 stays.
        package var leaves: Int
        /// How wide it is at least, and with short forms.
        package var width: (full: Int, short: Int)

        package init(
            _ title: String, _ alignment: Alignment = .left, short: String? = nil, excess: Excess = .stays,
            leaves: Int = 0, width: Int = 0, shortWidth: Int? = nil
        ) {
            self.title = title
            self.short = short ?? title
            self.alignment = alignment
            self.excess = excess
            self.leaves = leaves
            self.width = (width, shortWidth ?? width)
        }
    }

    package struct Cell: ExpressibleByStringInterpolation {
        package var text: String
        /// The text where there is little room.
        package var short: String
        package var style: Style

        package init(_ text: String, _ style: Style = .plain, short: String? = nil) {
            self.text = text.printable
            self.short = short?.printable ?? self.text
            self.style = style
        }

        package init(stringLiteral text: String) { self.init(text) }

        /// A moment on the wall clock of a zone.
        package init(_ moment: Timestamp, _ zone: Zone) {
            let time = LocalTime(moment, zone)
            self.init(time.text, short: time.short(now: .now))
        }
    }

    /// Rows that decide how wide columns are.
    package static let measuredRows = 1000

    private let columns: [Column]
    private let hasColour: Bool
    private let room: Int?
    private let measuredRows: Int
    private let write: (String) -> Void
    private var waiting: [[Cell]] = []
    private var layout: TableLayout?

    /// - Parameters:
    ///   - room: Columns of the terminal; `nil` for no limit.
    ///   - measuredRows: 0 for a table whose columns have their own widths.
    ///   - write: Takes each line, without its end.
    package init(
        _ columns: [Column], hasColour: Bool = Terminal.hasColour, room: Int? = Terminal.width,
        measuredRows: Int = Table.measuredRows, write: @escaping (String) -> Void
    ) {
        self.columns = columns
        self.hasColour = hasColour
        self.room = room
        self.measuredRows = measuredRows
        self.write = write
    }

    package mutating func append(_ row: [Cell]) {
        if layout == nil, measuredRows == 0 { begin() }
        if let layout {
            for line in lines(row, layout) { write(line) }
        } else {
            waiting.append(row)
            if waiting.count == measuredRows { begin() }
        }
    }

    /// Writes what still waits; a table without rows is nothing at all.
    package mutating func finish() {
        if layout == nil, !waiting.isEmpty { begin() }
    }

    private mutating func begin() {
        let natural = columns.indices.map { index in
            waiting.reduce(max(columns[index].width.full, columns[index].title.displayWidth)) {
                max($0, $1[index].text.displayWidth)
            }
        }
        let short = columns.indices.map { index in
            waiting.reduce(max(columns[index].width.short, columns[index].short.displayWidth)) {
                max($0, $1[index].short.displayWidth)
            }
        }
        let layout = TableLayout(columns, natural: natural, short: short, room: room)
        if columns.contains(where: { !$0.title.isEmpty }) {
            for line in lines(columns.map { Cell($0.title, .bold, short: $0.short) }, layout) { write(line) }
        }
        for row in waiting {
            for line in lines(row, layout) { write(line) }
        }
        waiting = []
        self.layout = layout
    }

    /// A row, which takes more than one line where something in it is folded.
    private func lines(_ row: [Cell], _ layout: TableLayout) -> [String] {
        let shown = columns.indices.filter { layout.widths[$0] != nil }
        let texts = shown.map { layout.isShort ? row[$0].short : row[$0].text }
        // Where all of it fits, a cell may be wider than its column.
        let needed = zip(shown, texts).map { index, text in
            let isEnd = index == shown.last && columns[index].alignment == .left
            return isEnd ? text.displayWidth : max(layout.widths[index] ?? 0, text.displayWidth)
        }
        let fits = !layout.isShort && needed.reduce(0, +) + (needed.count - 1) * TableLayout.gap <= room ?? .max
        let cells = zip(shown, texts).map { index, text in fits ? [text] : pieces(text, at: index, layout) }
        return (0..<(cells.map(\.count).max() ?? 0)).map { number in
            var line = ""
            var spaces = ""
            for (index, pieces) in zip(shown, cells) {
                let text = number < pieces.count ? pieces[number] : ""
                let width = layout.widths[index] ?? 0
                let padding = String(repeating: " ", count: max(0, width - text.displayWidth))
                let before = columns[index].alignment == .right ? padding : ""
                // Nothing is written behind the last text of a line.
                if !text.isEmpty {
                    line += spaces + before + (hasColour ? row[index].style.applied(to: text) : text)
                    spaces = ""
                } else {
                    spaces += before
                }
                spaces += (columns[index].alignment == .left ? padding : "")
                spaces += String(repeating: " ", count: TableLayout.gap)
            }
            return line
        }
    }

    /// A text as it fits into its column, line by line.
    private func pieces(_ text: String, at index: Int, _ layout: TableLayout) -> [String] {
        let width = layout.widths[index] ?? 0
        switch columns[index].excess {
        case .folds: return text.folded(to: width)
        case .middle: return [text.shortened(to: width, .middle)]
        case .end, .stays: return [text.shortened(to: width, .end)]
        }
    }
}
