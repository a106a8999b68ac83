import Formats
import Glibc
import Journal
import Ledger
import Logging
import System

/// What the program says while it serves: one line for each event, on standard error. Nothing of a callback but its
/// id goes in.
package struct EventLog: Sendable {
    private let logger: Logger
    private let descriptor: Int32
    /// Lines that anybody can cause, without a token.
    private let strangers = Allowance(burst: 20, rate: 10)

    /// - Parameter descriptor: Where the lines go; stays open.
    package init(writingTo descriptor: Int32 = STDERR_FILENO) {
        logger = Logger(label: "khoins-callback", factory: { _ in LineLogHandler(descriptor: descriptor) })
        self.descriptor = descriptor
    }

    /// Says what became of a batch.
    package func committed(_ batch: [CommitQueue.Committed]) {
        let now = Timestamp.now
        var lines = ByteBuffer(capacity: LogLine.longestWrite + 512)
        for (submission, outcome) in batch {
            guard let delivery = submission.delivery else { continue }
            switch outcome {
            case .success(.filed(let trxid, let memberid, let change)):
                LogLine.stored(
                    trxid: trxid, memberid: memberid, result: change.rawValue, bytes: delivery.body.count,
                    micros: now.microseconds - delivery.receivedAt.microseconds, to: &lines)
            case .success(.rejected(let rejection)): rejected(rejection.explanation, delivery)
            case .failure(let error): failed(error)
            }
            // Several processes may write to one pipe, which takes only so much in one piece.
            if lines.count >= LogLine.longestWrite - 512 {
                LogLine.write(lines, to: descriptor)
                lines.removeAll()
            }
        }
        if lines.count > 0 { LogLine.write(lines, to: descriptor) }
    }

    private func rejected(_ reason: String, _ delivery: Delivery) {
        logger.warning(
            "rejected",
            metadata: [
                "reason": "\(reason)", "address": "\(delivery.remoteAddress)", "bytes": "\(delivery.body.count)",
            ])
    }

    /// Says that a request was refused, unless too many were: a flood must not fill the log.
    package func refused(status: Int, reason: String, address: String) {
        guard case .granted(let suppressed) = strangers.ask(at: Clock.nanoseconds) else { return }
        if suppressed > 0 { logger.notice("suppressed", metadata: ["refused": "\(suppressed)"]) }
        logger.notice(
            "refused", metadata: ["status": "\(status)", "reason": "\(reason)", "address": "\(address)"])
    }

    package func failed(_ error: LedgerError) {
        if error.isOfSetUp {
            misconfigured(error.explanation)
            return
        }
        logger.error("failed", metadata: ["reason": "\(error.explanation)"])
    }

    package func movedCheckpoint(since start: Timestamp) {
        logger.info(
            "checkpoint", metadata: ["micros": "\(Timestamp.now.microseconds - start.microseconds)"])
    }

    /// The program is set up in a way in which it cannot serve.
    package func misconfigured(_ sentence: String) {
        logger.critical("misconfigured", metadata: ["reason": "\(sentence)"])
    }

    /// Something stands in the settings file and does nothing.
    package func ignored(_ settings: [IgnoredSetting]) {
        for setting in settings { logger.warning("ignored", metadata: ["reason": "\(setting.sentence)"]) }
    }

    /// Somebody with the token has asked whether callbacks can be stored.
    package func asked(status: Int, address: String) {
        logger.info("asked", metadata: ["status": "\(status)", "address": "\(address)"])
    }

    package func started(_ listening: String) {
        logger.notice("started", metadata: ["listening": "\(listening)"])
    }

    package func stopped() {
        logger.notice("stopped")
    }
}
