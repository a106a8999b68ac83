import Formats
import Journal

/// Entries that one server hands to all, as one value in etcd.
///
/// On the wire: `{"format":1,"nonce":"1a2b3c4d5e6f7081","count":2}` and a new line, then each entry as a JSON object on a
/// line of its own.
package struct AgreedBatch: Equatable, Sendable {
    /// What this version writes, and the highest that it reads. A batch of a higher one stops a server that does not know it.
    package static let format = 1
    /// Bytes of the entries in a batch, at most, unless one alone is longer.
    package static let maximumLength = 256 << 10
    /// Bytes of one entry, at most: etcd takes 1.5 MiB with all that stands around it.
    package static let maximumEntry = 1 << 20

    package var member: String
    /// Of its member's batches: 1, 2, 3, …
    package var number: Int
    /// Tells this batch from any other, also of the same number.
    package var nonce: String
    /// Of its entries.
    package var count: Int
    package var value: [UInt8]

    package init(member: String, number: Int, nonce: String, entries: [EntryDraft]) {
        (self.member, self.number, self.nonce, count) = (member, number, nonce, entries.count)
        var writer = JSONWriter()
        writer.open("{")
        writer.member("format", Self.format)
        writer.member("nonce", nonce)
        writer.member("count", entries.count)
        writer.close("}")
        value = writer.bytes
        for entry in entries {
            value.append(UInt8(ascii: "\n"))
            value += entry.object
        }
    }

    /// Why a value cannot be read.
    package enum Fault: Error, Equatable, Sendable {
        case newerFormat(Int)
        case damaged
    }

    /// Takes a value as it stands in etcd.
    package init(member: String, number: Int, value: [UInt8]) throws(Fault) {
        let head = value.prefix { $0 != UInt8(ascii: "\n") }
        guard let header = try? JSONParser.parse(Array(head)), let format = header["format"]?.integer else {
            throw .damaged
        }
        guard format <= Self.format else { throw .newerFormat(format) }
        guard let nonce = header["nonce"]?.string, let count = header["count"]?.integer, count > 0 else {
            throw .damaged
        }
        (self.member, self.number, self.nonce, self.count, self.value) = (member, number, nonce, count, value)
    }

    /// The entries, in order.
    package func entries() throws(Fault) -> [EntryDraft] {
        let lines = value.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropFirst()
        let entries = lines.compactMap { EntryDraft(object: $0) }
        guard entries.count == count, lines.count == count else { throw .damaged }
        return entries
    }

    /// The digest of all that was agreed up to this batch and with it.
    package func chain(after chain: UInt32) -> UInt32 {
        var checksum = CRC32C()
        checksum.update("\(chain) \(member) \(number)\n".utf8)
        checksum.update(value)
        return checksum.value
    }
}
