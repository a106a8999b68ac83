/// What a reader came across and could not read, below the data directory. A class, as whoever only looks has the reader as
/// a constant.
final class Unread {
    var paths: Set<String> = []
    /// Records that are no whole ones.
    var damaged: Set<String> = []
    /// Records that the journal speaks of and that are not there.
    var missing: Set<String> = []
    /// Stretches of the journal that hold no whole line, in words.
    var stretches: Set<String> = []
}
