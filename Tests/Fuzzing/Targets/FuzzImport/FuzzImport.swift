import Formats
import Journal
import LibFuzzer
import Operations

// Any line of a log is told for what it is; a raw one is its body; and a body that nginx has logged comes back with the
// very same bytes.

private let now = Timestamp(microseconds: 1_795_335_513_000_000)

@main
enum FuzzImport {
    static func main() { fuzz(fuzzImport) }
}

private func fuzzImport(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    if !bytes.contains(UInt8(ascii: "\n")), case .raw(let delivery) = LoggedLine(bytes, now: now) {
        precondition(delivery.body == bytes || delivery.body + [UInt8(ascii: "\r")] == bytes)
        precondition(delivery.receivedAt == now)
    }
    guard !bytes.isEmpty, bytes != [UInt8(ascii: "-")] else { return 0 }
    let head = #"{"time":"2026-11-22T08:18:33+00:00","remote_addr":"192.0.2.1","status":502,"body":""#
    let line = Array(head.utf8) + escaped(bytes) + Array(#""}"#.utf8)
    guard case .logged(let delivery) = LoggedLine(line, now: now) else { fatalError("nginx's line is not read") }
    precondition(delivery.body == bytes && delivery.remoteAddress == "192.0.2.1")
    return 0
}

/// As nginx does it (ngx_escape_json).
private func escaped(_ body: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    for byte in body {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0x08: text += Array(#"\b"#.utf8)
        case 0x09: text += Array(#"\t"#.utf8)
        case 0x0A: text += Array(#"\n"#.utf8)
        case 0x0C: text += Array(#"\f"#.utf8)
        case 0x0D: text += Array(#"\r"#.utf8)
        case 0..<0x20:
            let digits = String(byte, radix: 16, uppercase: true)
            text += Array((byte < 16 ? #"\u000"# : #"\u00"#).utf8) + Array(digits.utf8)
        default: text.append(byte)
        }
    }
    return text
}
