import Formats
import KHOINS

/// Where a record lies: a directory of the data directory, and a file name that no other id can have.
package struct RecordName: Hashable, Sendable {
    package enum Folder: String, CaseIterable, Sendable {
        case transactions
        case topups
    }

    /// Bytes of a file name, `.json` included, at most.
    package static let maximumLength = 200

    package let folder: Folder
    /// `abc-123.json`
    package let file: String

    /// `transactions/abc-123.json`
    package var path: String { "\(folder.rawValue)/\(file)" }

    /// The file alone tells almost all of them apart.
    package func hash(into hasher: inout Hasher) { hasher.combine(file) }

    package init(folder: Folder, file: String) {
        self.folder = folder
        self.file = file
    }

    /// The name for a transaction's id; `nil` if it would be too long.
    package init?(trxid: String) {
        self.init(.transactions, [trxid])
    }

    /// The name for what a callback is about; `nil` if it would be too long.
    package init?(_ callback: borrowing Callback) {
        switch (callback.kind, callback.memberid, callback.trxid) {
        case (.transaction, _, let trxid):
            self.init(.transactions, [trxid ?? ""])
        case (.topup, let memberid, .some(let trxid)):
            self.init(.topups, [memberid ?? "", trxid])
        case (.topup, let memberid, .none):
            self.init(
                .topups, [memberid ?? "", callback.amount.map { String($0) } ?? "", callback.messageDigest])
        }
    }

    private init?(_ folder: Folder, _ parts: [String]) {
        var name = ByteBuffer(capacity: Self.maximumLength)
        for (index, part) in parts.enumerated() {
            if index > 0 { name.append(UInt8(ascii: "+")) }
            Self.encode(part, into: &name)
        }
        name.append(".json")
        guard name.count <= Self.maximumLength else { return nil }
        self.init(folder: folder, file: name.text)
    }

    /// Percent-encoding of all but the unreserved characters (RFC 3986, section 2.3), as PHP's `rawurlencode` does.
    /// A dot at the very beginning, which would hide the file, is encoded too.
    static func encode(_ text: String, into name: inout ByteBuffer) {
        var text = text
        text.withUTF8 { bytes in
            let isFirst = name.count == 0
            name.append(upTo: 3 * bytes.count) { target in
                var length = 0
                for (index, byte) in bytes.enumerated() {
                    if isUnreserved(byte), !(isFirst && index == 0 && byte == UInt8(ascii: ".")) {
                        target[length] = byte
                        length += 1
                    } else {
                        target[length] = UInt8(ascii: "%")
                        target[length + 1] = HexDigits.upper[Int(byte >> 4)]
                        target[length + 2] = HexDigits.upper[Int(byte & 15)]
                        length += 3
                    }
                }
                return length
            }
        }
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}

extension RecordName {
    /// Reads `transactions/abc-123.json`.
    package init?(path: String) {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let folder = Folder(rawValue: parts[0]) else { return nil }
        self.init(folder: folder, file: parts[1])
    }
}
