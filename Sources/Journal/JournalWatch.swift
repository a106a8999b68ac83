import System

/// Tells when more of the journal is acknowledged, without asking again and again.
package struct JournalWatch: ~Copyable {
    private let watch: ChangeWatch
    private let path: String
    /// Whether the journal is watched. Until somebody makes it, or where the kernel watches nothing for this user, nothing
    /// tells that it has changed.
    package private(set) var isWatching = false

    /// Readable when something has happened in the journal's directory.
    package var descriptor: Int32 { watch.descriptor }

    /// - Parameter path: A data directory; its journal may be made later.
    package init(path: String) {
        watch = ChangeWatch(path: path)
        self.path = path
    }

    /// Watches the journal, if there is one by now. Nothing is told of before this.
    ///
    /// - Returns: Whether that has begun just now: what was written before is there to be read.
    package mutating func begin() -> Bool {
        if isWatching { return false }
        isWatching = watch.add(directory: "\(path)/\(Journal.directoryName)")
        return isWatching
    }

    /// Forgets what has happened so far.
    ///
    /// - Returns: Whether the commit note was among it, which is written anew for each batch. The lines of a batch come
    ///   before it, and are not acknowledged yet.
    package func drain() -> Bool {
        let changes = watch.drain()
        return changes.isIncomplete || changes.names.contains(NoteFile.name)
    }
}
