extension Journal {
    /// Appends bytes where `place` said. They are durable on return.
    ///
    /// On an error the journal is as long as it was, and a file whose write or sync failed in a way that leaves doubt
    /// is never appended to again.
    ///
    /// - Parameters:
    ///   - allocating: Whether much more is to come soon. Room for that is made then, so that the next syncs have nothing
    ///     to write but data.
    ///   - work: Runs while the disk is at work; for what takes as long. `nil` if there is nothing to do.
    func append(_ bytes: [UInt8], allocating: Bool = false, while work: (() -> Void)? = nil) throws(LedgerError) {
        guard let file, let end = note?.end else { return }
        let newEnd = end + bytes.count
        try keepingUsable(file, end: end) { () throws(LedgerError) in
            try file.write(bytes, at: end)
            if allocating {
                try makeRoom(in: file, behind: newEnd)
            } else if length > newEnd {
                try file.truncate(to: newEnd)
                length = newEnd
            }
            if let work {
                if dataSync == nil { dataSync = .started() }
                if let dataSync { return try file.sync(by: dataSync, while: work) }
            }
            try file.sync()
        }
        length = max(length, newEnd)
        note?.end = newEnd
    }

    /// Fills what is to come with blank lines, which are none, unless that much is there.
    private func makeRoom(in file: JournalFile, behind end: Int) throws(LedgerError) {
        let newLength = min(end + JournalFile.roomLength, JournalFile.maximumLength)
        guard end > length, newLength > end, try file.isSpacePlentiful() else { return }
        do throws(LedgerError) {
            try file.write(JournalFile.room.prefix(newLength - end), at: end)
            length = newLength
        } catch {
            // What has come fits in. On a disk that is nearly full that is all that counts.
            guard error.isNoSpace else { throw error }
            try file.truncate(to: end)
        }
    }

    /// Whether there is room behind the end, as long as much is coming.
    var hasRoom: Bool { note.map { length > $0.end && !$0.isAbandoned } ?? false }

    /// Takes away the room behind the end. Needs the lock.
    func removeRoom() throws(LedgerError) {
        guard let file, let note, hasRoom else { return }
        try file.truncate(to: note.end)
        length = note.end
    }

    /// Takes back what was appended from a position on, and not acknowledged; durably. On an error that leaves doubt, the
    /// file is given up from there on. Needs the lock.
    func takeBack(to start: Position) throws(LedgerError) {
        guard let file, note?.file == start.file else { preconditionFailure("a batch is taken back in its own file") }
        note?.end = start.offset
        try keepingUsable(file, end: start.offset) { () throws(LedgerError) in
            try file.truncate(to: start.offset)
            try file.sync()
        }
        length = start.offset
    }

    /// Makes a change behind `end`; where it fails, nothing behind `end` counts.
    private func keepingUsable(
        _ file: JournalFile, end: Int, _ change: () throws(LedgerError) -> Void
    ) throws(LedgerError) {
        do {
            try change()
        } catch {
            let cutOff: Void? = try? file.truncate(to: end)
            length = end
            if cutOff == nil || error.leavesDoubt { try? abandon() }
            throw error
        }
    }
}
