import Formats
import Glibc
import Journal
import Ledger
import System

/// What the program says while it serves: one line for each event, on standard error. Nothing of a callback but its
/// id goes in. In systemd's journal each line has its priority, which is no part of it elsewhere.
package struct EventLog: Sendable {
    private let writer: LineWriter
    private let hasPriorities: Bool
    /// The operator's own, besides.
    private var file: LogFile?
    /// Lines that anybody can cause, without a token.
    private let strangers = TokenBucket(burst: 20, rate: 10)

    /// - Parameter descriptor: Where the lines go; stays open.
    package init(writingTo descriptor: Int32 = STDERR_FILENO) {
        let hasPriorities = SystemJournal.takes(descriptor)
        self.hasPriorities = hasPriorities
        writer = LineWriter(descriptor) {
            "\(hasPriorities ? Priority.warning.rawValue : "")event=dropped lines=\($0)"
        }
    }

    /// Lets the lines go to a file as well, each behind its time; `nil` leaves it as it is.
    package mutating func keep(inFile path: String?) {
        if let path, !path.isEmpty { file = LogFile(path: path) }
    }

    /// Lets a thread write what nobody reads at the moment.
    package func startThread() throws(Thread.Failure) { try writer.startThread() }

    /// Keeps lines until `finish` where writing them may wait for somebody: for a process that answers once.
    package func hold() { writer.hold() }

    /// Writes what is kept, unless nobody reads it.
    package func finish() { writer.finish() }

    /// Says what became of a batch.
    package func committed(_ batch: [CommitQueue.Committed]) {
        notStored(batch)
        stored(batch)
    }

    /// Says what was not stored of a batch: before anybody is answered, so that who is told of a fault finds its reason
    /// here. Hardly ever anything.
    package func notStored(_ batch: [CommitQueue.Committed]) {
        for (submission, outcome) in batch {
            switch outcome {
            case .success(.filed): continue
            case .success(.rejected(let rejection)):
                if let delivery = submission.delivery { rejected(rejection.explanation, delivery) }
            case .failure(let error):
                if submission.arrival != nil { failed(error) }
            }
        }
    }

    /// Says what was stored of a batch, when all are answered.
    package func stored(_ batch: [CommitQueue.Committed]) {
        let now = Timestamp.now
        var lines = ByteBuffer(capacity: min(batch.count * 128, LogLine.longestWrite) + 512)
        for (submission, outcome) in batch {
            guard let arrival = submission.arrival,
                case .success(.filed(let trxid, let memberid, let change)) = outcome
            else { continue }
            if hasPriorities { lines.append(Priority.info.rawValue) }
            LogLine.stored(
                trxid: trxid, memberid: memberid, result: change.rawValue, bytes: arrival.length,
                micros: now.microseconds - arrival.time.microseconds, to: &lines)
            // Several processes may write to one pipe, which takes only so much in one piece.
            if lines.count >= LogLine.longestWrite - 512 {
                write(lines)
                lines.removeAll()
            }
        }
        if lines.count > 0 { write(lines) }
    }

    private func rejected(_ reason: String, _ delivery: Delivery) {
        say(
            .warning, "rejected",
            ["reason": reason, "address": delivery.remoteAddress, "bytes": "\(delivery.body.count)"])
    }

    /// Says that a request was refused, unless too many were: a flood must not fill the log.
    package func refused(status: Int, reason: String, address: String) {
        guard case .granted(let suppressed) = strangers.ask(at: Clock.nanoseconds) else { return }
        if suppressed > 0 { say(.warning, "suppressed", ["refused": "\(suppressed)"]) }
        say(.warning, "refused", ["status": "\(status)", "reason": reason, "address": address])
    }

    /// Says that a request was not answered because it did not come whole, unless too many did not.
    package func brokenOff(_ reason: String) {
        guard case .granted(let suppressed) = strangers.ask(at: Clock.nanoseconds) else { return }
        if suppressed > 0 { say(.warning, "suppressed", ["refused": "\(suppressed)"]) }
        say(.warning, "broken", ["reason": reason])
    }

    package func failed(_ error: LedgerError) {
        if error.isOfSetUp {
            misconfigured(error.explanation)
            return
        }
        say(.error, "failed", ["reason": error.explanation])
    }

    /// Nobody could be started who tells the shop. Callbacks are stored all the same.
    package func notTold(_ reason: String) {
        say(.error, "untold", ["reason": "the follower that tells the shop is not at work: \(reason)"])
    }

    package func movedCheckpoint(since start: Timestamp) {
        say(.info, "checkpoint", ["micros": "\(Timestamp.now.microseconds - start.microseconds)"])
    }

    /// The program is set up in a way in which it cannot serve.
    package func misconfigured(_ sentence: String) {
        say(.error, "misconfigured", ["reason": sentence])
    }

    /// Something stands in the settings file and does nothing.
    package func ignored(_ settings: [IgnoredSetting]) {
        for setting in settings { say(.warning, "ignored", ["reason": setting.sentence]) }
    }

    /// Somebody with the token has asked whether callbacks can be stored.
    package func asked(status: Int, address: String) {
        say(status == 200 ? .info : .warning, "asked", ["status": "\(status)", "address": address])
    }

    package func started(_ listening: String) {
        say(.info, "started", ["listening": listening])
    }

    package func stopped() {
        say(.info, "stopped")
    }

    private func say(_ priority: Priority, _ event: String, _ members: KeyValuePairs<String, String> = [:]) {
        var line = ByteBuffer(capacity: 256)
        if hasPriorities { line.append(priority.rawValue) }
        LogLine.begin(event, &line)
        for (key, value) in members { LogLine.add(key, value, to: &line) }
        LogLine.end(&line)
        write(line)
    }

    /// Writes whole lines. A log that cannot be written must not stop callbacks from being stored.
    private func write(_ lines: borrowing ByteBuffer) {
        lines.withBytes(writer.write)
        guard let file else { return }
        let time = Array(Timestamp.now.iso8601().utf8) + [UInt8(ascii: " ")]
        var timed = ByteBuffer(capacity: lines.count + 256)
        for line in lines.bytes.split(separator: UInt8(ascii: "\n")) {
            timed.append(time)
            timed.append(Array(hasPriorities ? line.dropFirst(Priority.info.rawValue.utf8.count) : line[...]))
            timed.append(UInt8(ascii: "\n"))
        }
        timed.withBytes(file.append)
    }
}
