import Formats
import System

/// The form of the log's lines: `event=stored trxid=KH-9001 result=created`. Values with anything but plain characters
/// are quoted as JSON strings, so that no value can make a line of its own.
enum LogLine {
    /// Bytes that a pipe takes in one piece, so that lines of several processes do not mix (PIPE_BUF, pipe(7)).
    static let longestWrite = LineWriter.longestPiece

    static func begin(_ event: String, _ line: inout ByteBuffer) {
        line.append("event=")
        line.append(event)
    }

    static func add(_ key: String, _ value: String, to line: inout ByteBuffer) {
        line.append(UInt8(ascii: " "))
        line.append(key)
        line.append(UInt8(ascii: "="))
        var value = value
        let isWritten = value.withUTF8 { bytes in
            guard !bytes.isEmpty, bytes.allSatisfy(Self.isPlain) else { return false }
            line.append(bytes)
            return true
        }
        if !isWritten { line.append(quoted(value)) }
    }

    static func add(_ key: String, _ number: Int, to line: inout ByteBuffer) {
        line.append(UInt8(ascii: " "))
        line.append(key)
        line.append(UInt8(ascii: "="))
        line.appendDigits(number)
    }

    static func end(_ line: inout ByteBuffer) {
        line.append(UInt8(ascii: "\n"))
    }

    /// The line of a callback that is in its record: under its own id, or a top-up without one under its member's.
    static func stored(
        trxid: String?, memberid: String?, result: String, bytes: Int, micros: Int64, to line: inout ByteBuffer
    ) {
        begin("stored", &line)
        if let trxid {
            add("trxid", trxid, to: &line)
        } else if let memberid {
            add("memberid", memberid, to: &line)
        }
        add("result", result, to: &line)
        add("bytes", bytes, to: &line)
        add("micros", Int(micros), to: &line)
        end(&line)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
    }

    private static func quoted(_ value: String) -> [UInt8] {
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
