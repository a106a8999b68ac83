import Journal

/// Some entries in the order of the journal, with what they make of records that no entry before them made.
///
/// Most records after a crash are either as their entries left them or not there at all: which of the two can be told
/// without reading what they say.
struct ReplayPiece: @unchecked Sendable {
    // Whoever makes it hands it over, and keeps nothing of it.

    let entries: [InterpretedEntry]
    /// The records that these entries begin, and the rejected deliveries.
    let expected: Materialiser
    /// Records with an earlier entry.
    let doubtful: Set<RecordName>

    /// Computes only, and touches no file.
    init(_ entries: [InterpretedEntry]) {
        self.entries = entries
        expected = Materialiser()
        var doubtful: Set<RecordName> = []
        for entry in entries {
            guard let name = entry.name else {
                expected.apply(entry)
                continue
            }
            if let draft = expected.draft(of: name) {
                expected.apply(entry, to: draft)
            } else if !entry.placed.entry.updates, !doubtful.contains(name) {
                expected.apply(entry, to: expected.begin(name, with: nil))
            } else {
                doubtful.insert(name)
            }
        }
        self.doubtful = doubtful
        expected.encode()
    }
}
