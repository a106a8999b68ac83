/// What is broken on purpose, between the members and their etcd, to see that it is noticed.
enum BrokenRule: CaseIterable, Sendable {
    /// Nobody who reads or sends batches compares the list of members.
    case members
    /// Nobody who deletes batches compares it.
    case deletions
    /// Nobody compares lives.
    case lives
    /// Nobody looks whether a key is there already.
    case keys
    /// A range that was cut short does not say so.
    case more
    /// Everybody seems to have what one has.
    case marks
    /// Whoever is seeded keeps the mark that was there.
    case seeding
    /// Whoever is left behind is forgotten at once, with batches that nobody has read.
    case leaving
    /// Nobody looks at its start whether what its journal lacks was deleted.
    case copies
    /// Nobody looks at its start whether it has told more than its journal holds.
    case told
}
