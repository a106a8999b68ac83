import Formats

/// What a record's file holds, in short: enough to tell whether it still is what was written.
package struct RecordDigest: Equatable, Sendable {
    package let length: Int
    private let checksum: UInt32

    package init(_ bytes: [UInt8]) {
        length = bytes.count
        var checksum = CRC32C()
        checksum.update(bytes)
        self.checksum = checksum.value
    }
}
