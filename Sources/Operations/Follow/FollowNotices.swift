import Formats
import Glibc
import System

/// What a follower says on standard error. It waits for nobody who reads that: the shop is told all the same.
package enum FollowNotices {
    private static let file = Locked<LogFile?>(nil)
    private static let writer = LineWriter(STDERR_FILENO) {
        "khoins-callback: \($0) lines were left out here, because nobody read them"
    }

    /// Lets a thread write what nobody reads at the moment. Without one, that comes with the next line.
    static func startThread() { try? writer.startThread() }

    /// Lets what is said go to a file as well, each line behind its time; `nil` leaves it as it is. A follower that a
    /// handler has started has no other place for it.
    package static func keep(inFile path: String?) {
        if let path { file.withLock { $0 = LogFile(path: path) } }
    }

    static func say(_ sentence: String) {
        let line = "khoins-callback: \(sentence)"
        Array(StandardError.line(.warning, line).utf8).withUnsafeBytes(writer.write)
        keep(Array("\(line)\n".utf8))
    }

    /// Passes on what another program said.
    static func pass(on lines: [UInt8]) {
        lines.withUnsafeBytes(writer.write)
        keep(lines)
    }

    private static func keep(_ lines: [UInt8]) {
        guard let file = file.withLock({ $0 }) else { return }
        let time = Array(Timestamp.now.iso8601().utf8) + [UInt8(ascii: " ")]
        let timed = lines.split(separator: UInt8(ascii: "\n")).flatMap { time + $0 + [UInt8(ascii: "\n")] }
        timed.withUnsafeBytes(file.append)
    }

    /// Writes what is left, unless nobody reads it.
    static func finish() { writer.finish() }
}

/// Keeps what happens again and again from filling the log: of each cause some sentences at once, then one a minute.
///
/// Knows no clock: every moment is given, in milliseconds.
struct NoticeLimit {
    private static let minute: Int64 = 60_000
    private static let maximumCauses = 256

    private struct Cause {
        var since: Int64
        var said = 0
        var leftOut = 0
    }

    private let burst: Int
    private var causes: [String: Cause] = [:]

    /// - Parameter burst: Sentences of one cause within a minute.
    init(burst: Int) { self.burst = burst }

    /// Whether a sentence is said now.
    ///
    /// - Returns: How many of that cause were left out since the last one; `nil` if this one is left out too.
    mutating func admit(_ cause: String, now: Int64) -> Int? {
        if causes[cause] == nil, causes.count >= Self.maximumCauses { causes = [:] }
        var known = causes[cause] ?? Cause(since: now)
        if now - known.since >= Self.minute { known = Cause(since: now, leftOut: known.leftOut) }
        defer { causes[cause] = known }
        guard known.said < burst else {
            known.leftOut += 1
            return nil
        }
        known.said += 1
        defer { known.leftOut = 0 }
        return known.leftOut
    }
}
