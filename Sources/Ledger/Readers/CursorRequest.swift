import Formats
import Journal
import System

/// What an operator asks of a cursor. Whoever follows under its name does it, at once; or whoever does next.
package enum CursorRequest: Equatable, Sendable {
    /// What waits of one record is not told.
    case skip(RecordName)
    /// Everything from a position on is told once more.
    case rewind(Position)

    static let suffix = "requests.jsonl"

    fileprivate var line: [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        switch self {
        case .skip(let name): writer.member("skip", name.path)
        case .rewind(let position): writer.member("rewind", position.number)
        }
        writer.close("}")
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    fileprivate init?(_ line: ArraySlice<UInt8>) {
        guard let value = try? JSONParser.parse(Array(line)) else { return nil }
        if let name = value["skip"]?.string.flatMap({ RecordName(path: $0) }) {
            self = .skip(name)
        } else if let position = Position(value["rewind"]) {
            self = .rewind(position)
        } else {
            return nil
        }
    }
}

extension Directory {
    /// Leaves a request for whoever has the cursor.
    func leave(_ request: CursorRequest, stem: String) throws(LedgerError) {
        let file = try open("\(stem).\(CursorRequest.suffix)", .readWriteMaking)
        try file.write(request.line, at: try file.length())
        try file.syncData()
    }

    /// The requests that were left, in order.
    func requests(stem: String) throws(LedgerError) -> [CursorRequest] {
        guard let file = try openIfPresent("\(stem).\(CursorRequest.suffix)") else { return [] }
        return try file.readAll().split(separator: UInt8(ascii: "\n")).compactMap { CursorRequest($0) }
    }

    func removeRequests(stem: String) throws(LedgerError) {
        try removeIfPresent("\(stem).\(CursorRequest.suffix)")
    }
}
