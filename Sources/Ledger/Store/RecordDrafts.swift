import System

/// Drafts by their records' names.
///
/// A process that answers one request has one of them, and the first use of a dictionary with keys of its own type would
/// cost it 200,000 instructions: the runtime looks through all types of the program for how to hash them. So the names
/// of a few are compared.
struct RecordDrafts {
    private static let few = 8

    /// In the order in which they began.
    private(set) var all: [RecordDraft] = []
    /// Places in `all`, where these are more than a few.
    private var places: [RecordName: Int] = [:]

    subscript(name: RecordName) -> RecordDraft? { place(of: name).map { all[$0] } }

    /// The draft of that name; where there is none, the one that `make` makes is added.
    mutating func draft(
        of name: RecordName, orMake make: () throws(LedgerError) -> RecordDraft
    ) throws(LedgerError) -> RecordDraft {
        if let place = place(of: name) { return all[place] }
        let draft = try make()
        add(draft)
        return draft
    }

    /// Adds one, or puts it in the place of another of its name.
    mutating func insert(_ draft: RecordDraft) {
        if let place = place(of: draft.name) {
            all[place] = draft
            return
        }
        add(draft)
    }

    private mutating func add(_ draft: RecordDraft) {
        all.append(draft)
        if all.count <= Self.few { return }
        for place in (places.isEmpty ? 0 : all.count - 1)..<all.count { places[all[place].name] = place }
    }

    private func place(of name: RecordName) -> Int? {
        all.count <= Self.few ? all.firstIndex { $0.name == name } : places[name]
    }
}
