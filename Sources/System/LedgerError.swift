import Glibc

/// Why the data directory could not do what was asked. Carries the call, its path and errno; never a body.
package enum LedgerError: Error, Equatable, Sendable {
    /// A system call failed, or wrote less than asked for reasons that errno names.
    case system(call: String, path: String, errno: Int32)
    /// The data directory itself cannot be made or opened: the installation is not set up right.
    case unusable(path: String, errno: Int32)
    /// Other processes held the data directory's lock for this many seconds.
    case lockTimedOut(seconds: Int)
    /// Earlier deliveries of a record could not be found again, so it was left as it is.
    case cannotRebuild(path: String)
    /// A record is damaged or lost, and all of the journal must be read to make it anew.
    case mustBeRemade(path: String)
    /// The data directory is another user's.
    case notOwner(path: String, owner: UInt32, user: UInt32)
    /// A file is not as the journal says, or could not be written to the disk, and writing it anew did not help.
    case cannotConfirm(path: String)
    /// A small file of the program's own is no whole one.
    case damaged(path: String)
    /// Something that is no file lies where one should: a pipe, a socket, a device.
    case noFile(path: String)
    /// A file cannot be read that may hold what a record builds on.
    case cannotRead(path: String)
    /// Another process holds a file that only one may work with, such as the archive.
    case inUse(path: String)
    /// A data directory of an earlier version, which nothing reads any more.
    case oldForm(path: String)
    /// The data directory is one of several servers' that agree on one order: only what they agreed on is added to it.
    case ofCluster(path: String)
    /// The servers of a cluster have not agreed on it within the time; it may come all the same.
    case notAgreed(reason: String)
    /// This server's journal is not what the others agreed on, or lacks a part of it.
    case outOfStep(reason: String)

    /// One line for a log or a terminal.
    package var explanation: String {
        switch self {
        case .system(let call, let path, let code): "\(call) \(path): \(errorText(code))"
        case .unusable(let path, ENOENT):
            "the data directory \(path) is not there and cannot be made in \(PathNames.parent(of: path)): make that first, or correct KHOINS_DATA (--data)"
        case .unusable(let path, let code): "the data directory \(path) cannot be used: \(errorText(code))"
        case .lockTimedOut(let seconds): "other processes held the data directory's lock for \(seconds) s"
        case .cannotConfirm(let path): "\(path): cannot be brought to the disk as it should be"
        case .mustBeRemade(let path): "\(path): damaged, and still to be made anew from the journal"
        case .notOwner(let path, let owner, let user):
            "the data directory \(path) belongs to user \(owner), and this is user \(user): only its owner and root may write there, everybody else can only read"
        case .cannotRebuild(let path): "\(path): damaged, and the journal no longer has its deliveries"
        case .damaged(let path): "\(path): damaged"
        case .noFile(let path): "\(path): no file, but a pipe, a socket or a device"
        case .cannotRead(let path): "\(path): cannot be read, and may hold what this record builds on"
        case .inUse(let path): "\(path): another process is at work with it"
        case .oldForm(let path):
            "the data directory \(path) is in a form from before the first release, which this version does not read: move it away, and give another"
        case .ofCluster(let path):
            "the data directory \(path) belongs to a cluster: only `khoins-callback serve` of the cluster build, with KHOINS_CLUSTER set, adds to it; `khoins-callback cluster leave` makes it one server's again"
        case .notAgreed(let reason): "not agreed with the other servers yet: \(reason)"
        case .outOfStep(let reason):
            "\(reason): this server must be seeded anew from another one (`khoins-callback cluster seed`)"
        }
    }

    /// What went wrong, where the rest is said already.
    package var reason: String {
        switch self {
        case .system(_, _, let code), .unusable(_, let code): errorText(code)
        case .lockTimedOut, .cannotRebuild, .cannotConfirm, .damaged, .noFile, .cannotRead, .inUse, .oldForm,
            .mustBeRemade, .notOwner, .ofCluster, .notAgreed, .outOfStep:
            explanation
        }
    }

    /// The errno of a failed system call; for this module and for tests.
    package var errno: Int32? {
        if case .system(_, _, let code) = self { code } else { nil }
    }

    /// Whether nobody can say any more what the file holds on which this happened. A write for which there was no room
    /// has changed nothing; anything else leaves doubt for ever.
    package var leavesDoubt: Bool { !isNoSpace }

    /// Whether there was no room for what was to be written.
    package var isNoSpace: Bool { call == "write" && [ENOSPC, EDQUOT, EFBIG].contains(errno) }

    /// Whether there was no room, or no right to more of it, for what was to be made in any way. (I10)
    package var isWantOfRoom: Bool { [ENOSPC, EDQUOT, EFBIG].contains(errno) }

    /// The name of a failed system call.
    private var call: String? {
        if case .system(let call, _, _) = self { call } else { nil }
    }

    /// Whether the installation is not set up right, so that it cannot pass by itself.
    package var isOfSetUp: Bool {
        switch self {
        case .unusable, .oldForm, .notOwner, .ofCluster: true
        case .system, .lockTimedOut, .cannotRebuild, .cannotConfirm, .damaged, .noFile, .cannotRead, .inUse,
            .mustBeRemade, .notAgreed, .outOfStep:
            false
        }
    }

    /// Whether there was no descriptor or no memory to be had, or such a call may not be made here at all: that concerns
    /// everybody, whatever it happened on.
    package var isWantOfMeans: Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOSYS].contains(errno)
            // No file refuses to be read once it is open.
            || call == "read" && [EPERM, EOPNOTSUPP].contains(errno)
    }

    /// Whether there is nothing at the path.
    package var isAbsence: Bool { [ENOENT, ENOTDIR].contains(errno) }

    /// Whether the file system may not be written to.
    package var isReadOnly: Bool { errno == EROFS }

    /// Whether a directory is where a file was to be.
    package var isOfDirectory: Bool { errno == EISDIR }

    /// Whether there was nothing to be had at that moment from what does not block.
    package var isUntimely: Bool { errno == EAGAIN }

    /// Whether nobody listens at the address, or who was connected has gone.
    package var isOfPeer: Bool { [ECONNREFUSED, ECONNRESET, EPIPE].contains(errno) }

    /// Whether this user may not do it.
    package var isDenied: Bool { [EACCES, EPERM, EROFS].contains(errno) }

    /// Whether a file's data did not reach the disk, as `OpenFile.confirmWritten` tells it.
    package var isNotWritten: Bool { ["sync_file_range", "fsync"].contains(call) }

    /// Memory for something of this name could not be had.
    package static func wantOfMemory(_ call: String, _ name: String) -> LedgerError {
        .system(call: call, path: name, errno: ENOMEM)
    }

    /// A call that gives its errno back, as posix_spawn(3) does, has failed.
    package static func returned(_ code: Int32, by call: String, _ path: String) -> LedgerError {
        .system(call: call, path: path, errno: code)
    }

    /// The data directory cannot be used, because of this.
    package func making(unusable path: String) -> LedgerError { .unusable(path: path, errno: errno ?? EIO) }

    /// The data directory, or a part of it, was moved away while something was done in it.
    package static func movedAway(path: String) -> LedgerError { .unusable(path: path, errno: ESTALE) }

    package var isMovedAway: Bool { if case .unusable(_, ESTALE) = self { true } else { false } }

    /// Whether another file in the way of one record caused this, so that other records are not concerned.
    package var concernsOneRecord: Bool {
        switch self {
        case .system(_, _, EISDIR), .system(_, _, ENOTEMPTY), .system(_, _, EEXIST), .system(_, _, EPERM),
            .system(_, _, ENAMETOOLONG), .cannotRebuild, .noFile, .cannotRead, .mustBeRemade:
            true
        // Whoever may not write in the directory does not come so far: he makes a file in it first.
        case .system("rename", _, EACCES), .system("rename", _, EBUSY), .system("link", _, EACCES): true
        case .system, .unusable, .lockTimedOut, .cannotConfirm, .damaged, .inUse, .oldForm, .notOwner, .ofCluster,
            .notAgreed, .outOfStep:
            false
        }
    }

    /// Whether a record has to be made anew first.
    package var isOfUnmadeRecord: Bool { if case .mustBeRemade = self { true } else { false } }
}
