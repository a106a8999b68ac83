/// What a record's file holds, in short; within this process only.
struct RecordDigest: Equatable, Sendable {
    let length: Int
    private let hash: Int

    init(_ bytes: [UInt8]) {
        length = bytes.count
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hash = hasher.finalize()
    }
}
