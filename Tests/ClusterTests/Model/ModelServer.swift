import Cluster

/// One server of the model: its disk, and the process on it.
final class ModelServer {
    /// How it came to what it has: that decides what a batch that is missing there means.
    enum Origin {
        /// It has told the others how far it is, and went on from there.
        case running
        /// Its journal is a copy that was made after everything was kept for it.
        case seeded
        /// It is the younger of two lives.
        case younger
        /// Nobody knows what its journal is a copy of.
        case copy
    }

    let name: String
    var journal = MemoryJournal()
    var member: Member? {
        didSet { hasBegun = false }
    }
    /// The process has begun its life.
    var hasBegun = false
    /// A request of it is under way.
    var isBusy = false
    /// An earlier state of its disk, as a virtual machine's host may keep it.
    var snapshot: MemoryJournal?
    var origin = Origin.running
    /// The cluster owes it every batch that it lacks: it is a member, and was let in as one should be. As long as one other
    /// server is so, a server may lose its disk without harm.
    var isInOrder = false
    /// It is not to be started again: its disk is lost, or it has stopped for good.
    var mustBeSeeded = true
    var isDiskLost = true

    init(_ name: String) { self.name = name }
}
