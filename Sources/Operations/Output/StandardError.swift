import Glibc
import System

/// Words for people, which never mix with data on standard output.
package enum StandardError {
    /// Writes what a terminal is to get as it is.
    static func draw(_ text: String) {
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Writes lines with their ends. On a terminal none is wider than that.
    package static func write(_ text: String) {
        draw(fitting(text))
    }

    /// Says a sentence that systemd's journal is to show as what it is.
    package static func say(_ priority: Priority, _ sentence: String) {
        draw(line(priority, sentence))
    }

    /// The same for a service, which must not wait for somebody who reads it, but for a moment.
    package static func sayAtOnce(_ priority: Priority, _ sentence: String) {
        let writer = LineWriter(STDERR_FILENO) { "khoins-callback: \($0) lines were left out here" }
        Array(line(priority, sentence).utf8).withUnsafeBytes(writer.write)
        writer.finish()
    }

    /// A sentence as a line, with its priority where that is read.
    static func line(_ priority: Priority, _ sentence: String) -> String {
        isJournal ? "\(priority.rawValue)\(sentence)\n" : fitting("\(sentence)\n")
    }

    private static func fitting(_ text: String) -> String {
        guard let room = Terminal.errorWidth else { return text }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.map { String($0).folded(to: room).joined(separator: "\n") }.joined(separator: "\n")
    }

    private static let isJournal = SystemJournal.takes(STDERR_FILENO)
}
