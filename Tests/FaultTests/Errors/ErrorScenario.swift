import Testing

/// A system call and the errors that it is made to fail with.
struct FailingCall: CustomTestStringConvertible, Sendable {
    var call: String
    var errors: [String]

    var testDescription: String { "\(call): \(errors.joined(separator: ", "))" }

    /// Those that a call can really fail with: no room, no quota, a broken disk, a signal, no descriptors.
    static let all = [
        FailingCall(call: "openat", errors: ["EMFILE", "ENOSPC", "EDQUOT", "EIO", "EINTR"]),
        FailingCall(call: "mkdir", errors: ["ENOSPC", "EDQUOT", "EIO"]),
        FailingCall(call: "mkdirat", errors: ["ENOSPC", "EDQUOT", "EIO"]),
        FailingCall(call: "write", errors: ["ENOSPC", "EDQUOT", "EIO", "EINTR"]),
        FailingCall(call: "pwrite64", errors: ["ENOSPC", "EDQUOT", "EIO", "EINTR", "EFBIG"]),
        FailingCall(call: "fsync", errors: ["EIO", "ENOSPC", "EDQUOT", "EINTR"]),
        FailingCall(call: "fdatasync", errors: ["EIO", "ENOSPC", "EDQUOT", "EINTR"]),
        FailingCall(call: "ftruncate", errors: ["EIO", "EINTR"]),
        FailingCall(call: "renameat", errors: ["ENOSPC", "EDQUOT", "EIO"]),
        FailingCall(call: "linkat", errors: ["ENOSPC", "EDQUOT", "EIO"]),
        FailingCall(call: "unlinkat", errors: ["EIO"]),
        FailingCall(call: "flock", errors: ["EINTR", "ENOLCK"]),
    ]
}
