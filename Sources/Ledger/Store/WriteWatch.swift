import Journal

/// Of which records this process would know if the disk had refused them.
///
/// Since Linux 5.8, syncs of a file system by one descriptor tell of each write that has failed since it was opened, whoever
/// else was told of that before (syncfs(2)). A file that was written earlier may be one whose error somebody else was told
/// of: the disk has to be asked what it has.
final class WriteWatch {
    /// What comes from this entry on comes later than the watch; `nil` while there is none.
    private var start: Position?
    /// Records that were written since for entries before that.
    private var written: Set<RecordName> = []
    /// Whether writes are for such entries.
    var isOfRecovery = false

    /// Begins, unless it has.
    ///
    /// - Parameter end: Of the journal.
    func begin(from end: Position) { start = start ?? end }

    /// Takes note that an error was told: what it was about, nobody knows, and it is not told again.
    func end() {
        start = nil
        written = []
    }

    func wrote(_ name: RecordName) {
        if isOfRecovery, start != nil { written.insert(name) }
    }

    /// The checkpoint has passed everything that was written so far.
    func passed() { written = [] }

    /// Whether an error would be known of a record that was written for this entry, or of a rejected delivery.
    func covers(_ name: RecordName?, _ position: Position) -> Bool {
        guard let start else { return false }
        return position >= start || name.map(written.contains) ?? false
    }
}
