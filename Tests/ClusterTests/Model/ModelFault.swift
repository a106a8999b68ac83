/// What is wrong.
struct ModelFault: Equatable, CustomStringConvertible {
    enum Kind: Hashable, Sendable {
        /// Two journals have different batches in the same place.
        case parted
        /// A batch is gone that a server needs which was always in order.
        case goneForRunning
        /// A batch is gone that a server needs which has been seeded, and has not told anything yet.
        case goneForSeeded
        /// A batch is gone that the younger of two lives needs.
        case goneForYounger
        /// A batch is gone that a server lacks whose copy was too old, and that works with it all the same.
        case goneForCopy
        /// A batch is gone that somebody needs, and that was sent by one who is no longer there.
        case goneOfLeft
        /// A server that was in order has stopped.
        case refused
        /// A server in order finds itself different from another.
        case accused
        /// The older of two lives goes on.
        case twoLives
        /// When it is quiet, a server lacks what was answered.
        case lost
        /// A server has a batch twice.
        case doubled
        /// When it is quiet, the servers do not hold the same.
        case unequal
        /// When it is quiet, etcd keeps what everybody has.
        case kept
    }

    var kind: Kind
    var words: String

    var description: String { "\(kind): \(words)" }
}
