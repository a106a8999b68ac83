/// Where a text is shortened.
enum Shortening {
    case end
    case middle
}

extension String {
    /// The text in so many columns of a terminal, with `…` for what was left out.
    func shortened(to width: Int, _ place: Shortening) -> String {
        if displayWidth <= width { return self }
        let room = max(0, width - 1)
        switch place {
        case .end: return prefix(within: room) + "…"
        case .middle:
            let tail = String(String(reversed()).prefix(within: room / 2).reversed())
            return prefix(within: room - tail.displayWidth) + "…" + tail
        }
    }

    /// The text in lines of at most so many columns, broken at spaces where there are any, else inside a word.
    package func folded(to width: Int) -> [String] {
        if displayWidth <= width { return [self] }
        let indentation = prefix { $0 == " " }
        var lines: [String] = []
        var line = ""
        for word in dropFirst(indentation.count).split(separator: " ", omittingEmptySubsequences: false) {
            let longer = line.isEmpty ? String(indentation.count < width ? indentation : "") : line + " "
            if (longer + word).displayWidth <= width {
                line = longer + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            line = String(word)
            while line.displayWidth > width {
                let head = line.prefix(within: width)
                // A character that is wider than a line stands alone.
                let piece = head.isEmpty ? String(line.prefix(1)) : head
                lines.append(piece)
                line = String(line.dropFirst(piece.count))
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// As much of the beginning as so many columns take.
    private func prefix(within width: Int) -> String {
        var text = ""
        var taken = 0
        for character in self {
            taken += String(character).displayWidth
            if taken > width { break }
            text.append(character)
        }
        return text
    }
}
