/// How the journal stands for those who look at it without the lock.
package struct JournalState: Sendable {
    /// Whether there is one.
    package var isThere: Bool
    /// The end of all that is acknowledged; `nil` if nobody vouches, as after a restart of the machine.
    package var acknowledged: Position?
    /// The end of all that a reader may take for kept: what is acknowledged, or else all there is. `nil` where there is
    /// nothing.
    package var end: Position?
    /// What recovery has still to look at of that.
    package var unproven: Unproven?
    /// Whether something of it could not be read when recovery came to it.
    package var isUnread = false
    /// Every entry before this one is in a record that was found right and synced. `nil` where there is none, or where
    /// the journal does not reach so far any more.
    package var checkpoint: Position?
    /// Bytes behind what is acknowledged, padding among them; `nil` if nobody vouches.
    package var unacknowledgedBytes: Int?
    /// What has to be written to, below the data directory.
    package var written: [String]

    /// Every entry before this one is in its record; `nil` if nobody vouches.
    package var proven: Position?
}
