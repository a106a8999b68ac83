/// What a reader came across and could not read, below the data directory. A class, as whoever only looks has the reader as
/// a constant.
final class Unread {
    var paths: Set<String> = []
    /// Records that are missing, or no whole ones.
    var damaged: Set<String> = []
}
