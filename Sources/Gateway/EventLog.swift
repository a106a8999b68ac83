import Glibc
import KHOINSCallback
import Ledger
import Logging

/// What the program says while it serves: one line for each event, on standard error. Nothing of a callback but its
/// id goes in.
package struct EventLog: Sendable {
    private let logger: Logger
    /// Lines that anybody can cause, without a token.
    private let strangers = Allowance(burst: 20, rate: 10)

    /// - Parameter descriptor: Where the lines go; stays open.
    package init(writingTo descriptor: Int32 = STDERR_FILENO) {
        self.init(Logger(label: "khoins-callback", factory: { _ in LineLogHandler(descriptor: descriptor) }))
    }

    package init(_ logger: Logger) {
        self.logger = logger
    }

    func stored(trxid: String, result: String, _ delivery: Delivery) {
        let micros = Timestamp.now.microseconds - delivery.receivedAt.microseconds
        logger.info(
            "stored",
            metadata: [
                "trxid": "\(trxid)", "result": "\(result)", "bytes": "\(delivery.body.count)", "micros": "\(micros)",
            ])
    }

    func rejected(_ reason: String, _ delivery: Delivery) {
        logger.warning(
            "rejected",
            metadata: [
                "reason": "\(reason)", "address": "\(delivery.remoteAddress)", "bytes": "\(delivery.body.count)",
            ])
    }

    /// Says that a request was refused, unless too many were: a flood must not fill the log.
    func refused(status: Int, reason: String, address: String) {
        guard case .granted(let suppressed) = strangers.ask(at: Deadline.nanoseconds) else { return }
        if suppressed > 0 { logger.notice("suppressed", metadata: ["refused": "\(suppressed)"]) }
        logger.notice(
            "refused", metadata: ["status": "\(status)", "reason": "\(reason)", "address": "\(address)"])
    }

    package func failed(_ error: LedgerError) {
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

    package func started(_ listening: String) {
        logger.notice("started", metadata: ["listening": "\(listening)"])
    }

    package func stopped() {
        logger.notice("stopped")
    }
}

/// Writes `event=stored trxid=KH-9001 result=created`, one write(2) a line. Values with anything but plain characters
/// are quoted as JSON strings, so that no value can make a line of its own.
struct LineLogHandler: LogHandler {
    let descriptor: Int32
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    private static let order = [
        "trxid", "result", "status", "reason", "address", "listening", "refused", "bytes", "micros",
    ]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = Array("event=\(event.message)".utf8)
        for key in Self.order {
            guard let value = event.metadata?[key] else { continue }
            line += " \(key)=".utf8
            line += Self.quoted("\(value)")
        }
        line.append(UInt8(ascii: "\n"))
        // A log that cannot be written must not stop callbacks from being stored.
        _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    private static func quoted(_ value: String) -> [UInt8] {
        let isPlain = value.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
        }
        if isPlain, !value.isEmpty { return Array(value.utf8) }
        var writer = JSONWriter(reservingCapacity: value.utf8.count + 2)
        writer.string(value)
        return String(decoding: writer.bytes, as: UTF8.self).unicodeScalars.flatMap { scalar in
            isVisible(scalar) ? Array(String(scalar).utf8) : escaped(scalar)
        }
    }

    /// Whether a terminal or a viewer shows a character as it is. Some take others than a new line for one, and some
    /// take C1 controls for orders.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> [UInt8] {
        String(scalar).utf16.flatMap { unit in
            Array("\\u".utf8) + (0..<4).map { HexDigits.lower[Int(unit >> (12 - 4 * $0)) & 15] }
        }
    }
}
