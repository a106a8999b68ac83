import Formats
import System

extension Journal {
    /// Bytes read at a time; a longer line makes it more.
    private static let blockLength = 256 << 10
    /// The first and the largest of the blocks that are read backwards: a short listing takes no more than the first.
    private static let backwardLengths = (first: 64 << 10, largest: 1 << 20)
    /// Bytes in which a number is looked for line by line.
    private static let searchLength = 64 << 10

    /// All files, in order. Throws `oldForm` where one is of a form that nothing reads any more.
    func names() throws(LedgerError) -> [JournalFileName] {
        let all = try directory.names()
        if all.contains(where: JournalFileName.isOldForm) { throw .oldForm(path: path) }
        return all.compactMap { JournalFileName($0) }.sorted()
    }

    /// How the journal stands.
    package func state() throws(LedgerError) -> JournalState {
        let names = try names()
        let note = try vouchingNote()
        var state = JournalState(
            isThere: !directory.isAbsent, acknowledged: note?.next, end: note?.next,
            unproven: note?.unproven, isUnread: note?.unread != nil, written: [], proven: note?.proven)
        if let name = names.last, let last = try JournalFile(opening: name, in: directory),
            let length = try last.length()
        {
            if let note { state.unacknowledgedBytes = note.file == name ? max(0, length - note.end) : 0 }
            if note == nil { state.end = try lastEntry(in: last, before: length)?.position.next ?? name.first }
        }
        if names.isEmpty { state.end = nil }
        if let checkpoint = try CheckpointFile.read(in: directory), let end = state.end, checkpoint <= end {
            state.checkpoint = checkpoint
        }
        if state.isThere {
            state.written = [Self.directoryName]
            for name in [LockFile.name, NoteFile.name, names.last?.description] {
                if let name { state.written.append("\(Self.directoryName)/\(name)") }
            }
        }
        return state
    }

    /// The journal's small files that are none, or cannot be read: what they would say is not known, and who writes to the
    /// journal next makes them anew. Below the data directory.
    package func unusableFiles() throws(LedgerError) -> [String] {
        var paths: [String] = []
        for name in [CheckpointFile.name, LockFile.name, NoteFile.name] where !directory.isAbsent {
            do throws(LedgerError) {
                // The lock is its owner's alone: nobody else opens it.
                let isFile = try directory.isFile(name)
                if isFile == true, name != LockFile.name { _ = try directory.openIfPresent(name)?.read(1, at: 0) }
                if isFile == false { paths.append("\(Self.directoryName)/\(name)") }
            } catch {
                guard directory.isOfItself(error) else { throw error }
                paths.append("\(Self.directoryName)/\(name)")
            }
        }
        return paths
    }

    private func vouchingNote() throws(LedgerError) -> CommitNote? {
        try NoteFile(lookingAt: directory)?.vouchingNote(in: directory)
    }

    /// The stretches that the journal is kept in, in order: the numbers of the entries that count in each, and its bytes.
    /// None of a number between two of them is there any more.
    package func stretches() throws(LedgerError) -> [(positions: Range<Position>, bytes: Int)] {
        let names = try names()
        var stretches: [(Range<Position>, Int)] = []
        for (index, name) in names.enumerated() {
            guard let (file, length) = try counting(names, index) else { continue }
            let last = try lastEntry(in: file, before: length)?.position
            stretches.append((name.first..<max(name.first, last?.next ?? name.first), length))
        }
        return stretches
    }

    /// Hands over the entries from `start` on, in order and in pieces of bounded size, until `take` answers `false`; up to
    /// `end`, or to the end of the last file. `nil` starts with the oldest there is. What an abandonment excludes is
    /// left out. Where something could not be read, entries before `start` and from `end` on may be among them.
    package func read(
        from start: Position? = nil, upTo end: Position? = nil, _ take: (JournalChunk) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let names = try names()
        if names.isEmpty { return }
        let note = end == nil ? nil : try vouchingNote()
        var begin = (index: 0, offset: 0)
        if let start { begin = try place(of: start, names, orUnread: true) }
        var stop: (index: Int, offset: Int)?
        if let end {
            if let note, note.next == end, let index = names.firstIndex(where: { $0 == note.file }) {
                stop = (index, note.end)
            } else {
                stop = try place(of: end, names)
            }
        }
        for index in begin.index..<((stop?.index ?? names.count - 1) + 1) {
            guard let (file, length) = try counting(names, index) else { continue }
            let limit = index == stop?.index ? min(length, stop?.offset ?? length) : length
            guard try read(file, from: index == begin.index ? begin.offset : 0, upTo: limit, take) else { return }
        }
    }

    func read(
        _ file: JournalFile, from begin: Int, upTo end: Int, _ take: (JournalChunk) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Bool {
        var offset = begin
        var blockLength = Self.blockLength
        while offset < end {
            var block = try file.read(offset..<min(offset + blockLength, end))
            if block.isEmpty { break }
            if offset + block.count < end {
                guard let newLine = block.lastIndex(of: UInt8(ascii: "\n")) else {
                    blockLength *= 2
                    continue
                }
                block.removeLast(block.count - newLine - 1)
            }
            noteUnread(file)
            let chunk = JournalChunk(file, at: offset, block)
            offset += block.count
            guard try take(chunk) else { return false }
            blockLength = Self.blockLength
        }
        return true
    }

    /// Hands over the entries before `end` in pieces of bounded size, the newest piece first, until `take` answers
    /// `false`. What an abandonment excludes is left out.
    ///
    /// - Parameters:
    ///   - since: Stretches that were not written to since then are not opened, nor any before them.
    ///   - progress: Told how many bytes of how many were read.
    package func readBackwards(
        from end: Position, writtenSince since: Timestamp? = nil,
        progress: (_ done: Int, _ all: Int) -> Void = { _, _ in },
        _ take: (JournalChunk) throws(LedgerError) -> Bool
    ) throws(LedgerError) {
        let names = try names()
        if names.isEmpty { return }
        let note = try vouchingNote()
        var stop = try place(of: end, names)
        if let note, note.next == end, let index = names.firstIndex(where: { $0 == note.file }) {
            stop = (index, note.end)
        }
        var (done, all) = (0, 0)
        for name in names.prefix(stop.index + 1) {
            all += try JournalFile(opening: name, in: directory)?.length() ?? 0
        }
        var blockLength = Self.backwardLengths.first
        for index in (0...stop.index).reversed() {
            guard let (file, length) = try counting(names, index) else { continue }
            if let since, try file.lastWritten() < since { return }
            var rest = index == stop.index ? min(length, stop.offset) : length
            while rest > 0 {
                guard let (block, start) = try lines(of: file, before: rest, blockLength) else {
                    blockLength *= 2
                    continue
                }
                if block.isEmpty { break }
                noteUnread(file)
                guard try take(JournalChunk(file, at: start, block)) else { return }
                done += rest - start
                progress(done, all)
                rest = start
                blockLength = min(max(blockLength * 2, Self.backwardLengths.first), Self.backwardLengths.largest)
            }
        }
    }

    /// The number that the oldest file begins with; `nil` where there is none.
    package func first() throws(LedgerError) -> Position? { try names().first?.first }

    /// Whether so much stands behind an entry that what cannot be read there has not been readable for long.
    package func isLongPast(_ position: Position) throws(LedgerError) -> Bool {
        try names().count { $0.first > position } > Self.filesToWait
    }

    /// How many more files of the journal the checkpoint waits for what cannot be read.
    private static let filesToWait = 2

    private func noteUnread(_ file: JournalFile) {
        if file.isDamaged { unreadable.insert(file.name.path) }
    }

    /// The lines of a file that end at `end` and stand in so many bytes; `nil` if none begins there.
    func lines(
        of file: JournalFile, before end: Int, _ length: Int
    ) throws(LedgerError) -> (bytes: [UInt8], start: Int)? {
        let start = max(0, end - length)
        let block = try file.read(start..<end)
        if start == 0 || block.isEmpty { return (block, start) }
        // Up to the first new line is the end of a line that begins further in front.
        guard let cut = block.dropLast().firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        return (Array(block[(cut + 1)...]), start + cut + 1)
    }

    /// The last whole entry before an offset of a file, and where it ends; `nil` if there is none.
    func lastEntry(in file: JournalFile, before end: Int) throws(LedgerError) -> (position: Position, end: Int)? {
        var length = Self.backwardLengths.first
        var rest = end
        while rest > 0 {
            guard let (block, start) = try lines(of: file, before: rest, length) else {
                length *= 2
                continue
            }
            if block.isEmpty { return nil }
            if let last = Array(JournalScan(block, at: start)).lastEntry { return last }
            rest = start
        }
        return nil
    }

    /// Which cluster's journal this is; `nil` for one server's alone.
    package func clusterIdentity() throws(LedgerError) -> ClusterIdentity? {
        directory.isAbsent ? nil : try ClusterIdentity.read(in: directory)
    }

    /// How far the agreement of the cluster that it is in is in the journal; `nil` where nothing of it is there yet.
    package func agreed() throws(LedgerError) -> PlacedMark? {
        guard let origin = try clusterIdentity()?.origin else { return nil }
        let names = try names()
        for index in names.indices.reversed() where names[index].first >= origin {
            guard let (file, length) = try counting(names, index) else { continue }
            if let agreed = try agreed(in: file, before: length) { return agreed }
        }
        return nil
    }

    /// The last batch that was agreed and ends in a file between two offsets. What cannot be read is passed over.
    func agreed(in file: JournalFile, from start: Int = 0, before end: Int) throws(LedgerError) -> PlacedMark? {
        var (rest, length) = (end, 64 << 10)
        while rest > start {
            guard let (block, first) = try lines(of: file, before: rest, length) else {
                length *= 2
                continue
            }
            if block.isEmpty { return nil }
            for stretch in Array(JournalScan(block, at: first)).reversed() where stretch.range.lowerBound >= start {
                guard let position = stretch.placed?.position else { continue }
                let line = block[(stretch.range.lowerBound - first)..<(stretch.range.upperBound - first - 1)]
                if let mark = JournalLine.agreementMark(in: line) {
                    return PlacedMark(mark: mark, position: position, end: stretch.range.upperBound)
                }
            }
            rest = first
        }
        return nil
    }

    /// A file with the bytes of it that count; `nil` if it has gone.
    func counting(
        _ names: [JournalFileName], _ index: Int
    ) throws(LedgerError) -> (file: JournalFile, length: Int)? {
        guard let file = try JournalFile(opening: names[index], in: directory), let length = try file.length() else {
            return nil
        }
        noteUnread(file)
        guard index + 1 < names.count, let abandoned = try abandonment(in: names[index + 1]),
            abandoned.file == names[index]
        else { return (file, length) }
        return (file, min(length, abandoned.bytes))
    }

    /// What a file says about the one before it, and the length of the line that says so; `nil` if nothing.
    func abandonment(
        in name: JournalFileName
    ) throws(LedgerError) -> (file: JournalFileName, bytes: Int, length: Int)? {
        guard let file = try JournalFile(opening: name, in: directory) else { return nil }
        var head = JournalScan(try file.read(0..<256))
        guard let stretch = head.next(), case .abandonment(let file, let bytes) = stretch.line else { return nil }
        return (file, bytes, stretch.range.upperBound)
    }

    /// Where the first entry stands whose number is `position` or greater: the index of its file and the offset in it;
    /// the end of the last file that can have it where there is none.
    private func place(
        of position: Position, _ names: [JournalFileName], orUnread: Bool = false
    ) throws(LedgerError) -> (index: Int, offset: Int) {
        guard let index = names.lastIndex(where: { $0.first <= position }) else { return (0, 0) }
        if names[index].first == position { return (index, 0) }
        guard let (file, length) = try counting(names, index) else { return (index, 0) }
        return (index, try offset(of: position, in: file, before: length, orUnread: orUnread))
    }

    /// Halves the file until a small part is left, as numbers only grow; then looks at each line.
    private func offset(
        of position: Position, in file: JournalFile, before end: Int, orUnread: Bool
    ) throws(LedgerError) -> Int {
        var (low, high) = (0, end)
        while high - low > Self.searchLength {
            var first: (position: Position, start: Int)?
            try numbers(in: file, behind: low + (high - low) / 2, before: high) { position, start in
                first = (position, start)
                return false
            }
            guard let first else { break }
            if first.position >= position { high = first.start } else { low = first.start }
        }
        var (smaller, found) = (low, end)
        try numbers(in: file, behind: low, before: end) { number, start in
            if number < position {
                smaller = start
                return true
            }
            found = start
            return false
        }
        guard orUnread, file.unreadable.contains(where: { smaller..<found ~= $0.lowerBound }) else { return found }
        // The line in which the unread begins may be the one that is looked for, and be read the next time.
        return smaller
    }

    /// Hands over the number and the place of each entry whose line begins behind an offset, or at the very beginning,
    /// until `take` answers `false`.
    private func numbers(
        in file: JournalFile, behind offset: Int, before end: Int, _ take: (Position, Int) -> Bool
    ) throws(LedgerError) {
        var (begin, length) = (offset, Self.searchLength / 4)
        while begin < end {
            let block = try file.read(begin..<min(begin + length, end))
            // A line that begins before this block is none of those that are asked for.
            var index = begin == 0 ? 0 : block.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? block.count
            let first = index
            while index < block.count, let newLine = block[index...].firstIndex(of: UInt8(ascii: "\n")) {
                if let position = JournalLine.position(in: block[index..<newLine]), !take(position, begin + index) {
                    return
                }
                index = newLine + 1
            }
            if begin + block.count >= end || block.isEmpty { return }
            // The next block begins with the new line before its first line.
            if index == first { length *= 2 } else { begin += max(index - 1, 1) }
        }
    }
}
