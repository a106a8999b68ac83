import Formats

/// One line of an archive file: a record's own JSON without white space, behind a checksum and the record's name.
///
/// On disk: `{"crc":"1a2b3c4d","file":"transactions/abc-123.json","trxid":"abc-123",…}` and a new line.
struct ArchiveLine {
    var name: RecordName
    var record: Record

    /// Reads a line (without its new line); `nil` if it is not whole.
    init?(_ line: ArraySlice<UInt8>) {
        guard let name = Self.name(of: line), let record = Record(json: Array(line)) else { return nil }
        self.name = name
        self.record = record
    }

    private static let opening = Array(#""file":""#.utf8)

    /// The line, with its new line, for a record's file; `nil` if the line would not give that very file again.
    static func bytes(_ name: RecordName, file json: [UInt8]) -> [UInt8]? {
        let line = unchecked(name, file: json)
        guard let read = ArchiveLine(line.dropLast()), read.name == name, read.record.json == json else { return nil }
        return line
    }

    /// The line for a record's file, which may be no whole record.
    static func unchecked(_ name: RecordName, file json: [UInt8]) -> [UInt8] {
        var line: [UInt8] = []
        ChecksummedLine.append(to: &line) { line in
            line += opening
            line += name.path.utf8
            line += #"","#.utf8
            line += Record.compacted(json).dropFirst()
        }
        return line
    }

    /// The name in a whole line, without reading the rest; `nil` if the line is damaged.
    static func name(of line: ArraySlice<UInt8>) -> RecordName? {
        guard let body = ChecksummedLine.body(of: line), body.starts(with: opening) else { return nil }
        let rest = body.dropFirst(opening.count)
        guard let quote = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
        return RecordName(path: String(decoding: rest[..<quote], as: UTF8.self))
    }
}
