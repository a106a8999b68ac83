import Formats
import Logging
import System

/// Writes `event=stored trxid=KH-9001 result=created`, one piece a line.
struct LineLogHandler: LogHandler {
    let writer: LineWriter
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .info

    private static let order = ["status", "reason", "address", "listening", "refused", "bytes", "micros"]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var line = ByteBuffer(capacity: 256)
        LogLine.begin("\(event.message)", &line)
        for key in Self.order {
            if let value = event.metadata?[key] { LogLine.add(key, "\(value)", to: &line) }
        }
        LogLine.end(&line)
        LogLine.write(line, to: writer)
    }
}
