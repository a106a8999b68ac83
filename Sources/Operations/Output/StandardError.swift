import Glibc
import System

/// Words for people, which never mix with data on standard output.
package enum StandardError {
    package static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// The same for a service, which must not wait for somebody who reads it, but for a moment.
    package static func writeAtOnce(_ text: String) {
        let writer = LineWriter(STDERR_FILENO) { "khoins-callback: \($0) lines were left out here" }
        Array(text.utf8).withUnsafeBytes(writer.write)
        writer.finish()
    }
}
