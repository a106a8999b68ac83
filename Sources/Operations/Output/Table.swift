/// Rows with aligned columns, for people.
///
/// The first rows decide how wide the columns are, so that a long listing needs no more memory than a short one; later
/// cells that are wider push the rest of their row aside.
package struct Table {
    package enum Alignment {
        case left
        case right
    }

    package struct Column {
        package var title: String
        package var alignment: Alignment = .left

        package init(_ title: String, _ alignment: Alignment = .left) {
            self.title = title
            self.alignment = alignment
        }
    }

    package struct Cell: ExpressibleByStringInterpolation {
        package var text: String
        package var style: Style

        package init(_ text: String, _ style: Style = .plain) {
            self.text = text.printable
            self.style = style
        }

        package init(stringLiteral text: String) { self.init(text) }
    }

    private static let measuredRows = 1000
    private static let gap = "  "

    private let columns: [Column]
    private let hasColour: Bool
    private let write: (String) -> Void
    private var waiting: [[Cell]] = []
    private var widths: [Int]?

    /// - Parameter write: Takes each line, without its end.
    package init(_ columns: [Column], hasColour: Bool = Terminal.hasColour, write: @escaping (String) -> Void) {
        self.columns = columns
        self.hasColour = hasColour
        self.write = write
    }

    package mutating func append(_ row: [Cell]) {
        if let widths {
            write(line(row, widths))
        } else {
            waiting.append(row)
            if waiting.count == Self.measuredRows { begin() }
        }
    }

    /// Writes what still waits; a table without rows is nothing at all.
    package mutating func finish() {
        if widths == nil, !waiting.isEmpty { begin() }
    }

    private mutating func begin() {
        let widths = columns.indices.map { index in
            waiting.reduce(columns[index].title.displayWidth) { max($0, $1[index].text.displayWidth) }
        }
        if columns.contains(where: { !$0.title.isEmpty }) {
            write(line(columns.map { Cell($0.title, .bold) }, widths))
        }
        for row in waiting { write(line(row, widths)) }
        waiting = []
        self.widths = widths
    }

    private func line(_ row: [Cell], _ widths: [Int]) -> String {
        var line = ""
        var spaces = ""
        for (index, cell) in row.enumerated() {
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.text.displayWidth))
            let text = hasColour ? cell.style.applied(to: cell.text) : cell.text
            let before = columns[index].alignment == .right ? padding : ""
            // Nothing is written behind the last text of a line.
            if !cell.text.isEmpty {
                line += spaces + before + text
                spaces = ""
            } else {
                spaces += before
            }
            spaces += (columns[index].alignment == .left ? padding : "") + Self.gap
        }
        return line
    }
}
