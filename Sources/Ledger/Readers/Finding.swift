/// Something that is not as the journal says.
package struct Finding: Equatable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// The journal has deliveries of a record that is not there.
        case missing
        /// A record's file is no whole record.
        case damaged
        /// A record is whole, but not what its deliveries make of it.
        case different
        /// A record holds deliveries that the journal does not have (any more).
        case unknown
        /// A file that no delivery explains.
        case leftover
        /// A stretch of the journal that holds no whole line.
        case journal
        /// A stretch of an archive file that holds no whole record, or an index that is not right.
        case archive
    }

    package var kind: Kind
    /// Below the data directory.
    package var path: String
    /// What was seen, in words; no data of a callback.
    package var detail: String
    /// It was mended from the journal.
    package var isRepaired = false
}
