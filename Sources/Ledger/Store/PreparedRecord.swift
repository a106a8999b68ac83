import System

/// A record's file that is open, and has no name yet when it is made. If it is not given one, it is gone with this value.
package final class PreparedRecord: Sendable {
    let file: OpenFile
    let digest: RecordDigest

    init(_ file: consuming OpenFile, _ digest: RecordDigest) {
        self.file = file
        self.digest = digest
    }
}
