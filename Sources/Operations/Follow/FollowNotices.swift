import Glibc
import System

/// What a follower says on standard error. It waits for nobody who reads that: the shop is told all the same.
enum FollowNotices {
    private static let writer = LineWriter(STDERR_FILENO) {
        "khoins-callback: \($0) lines were left out here, because nobody read them"
    }

    /// Lets a thread write what nobody reads at the moment. Without one, that comes with the next line.
    static func startThread() { try? writer.startThread() }

    static func say(_ sentence: String) {
        Array(StandardError.line(.warning, "khoins-callback: \(sentence)").utf8).withUnsafeBytes(writer.write)
    }

    /// Writes what is left, unless nobody reads it.
    static func finish() { writer.finish() }
}
