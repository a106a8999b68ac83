import Formats

/// How far the servers of a cluster have agreed, as it stands on the last line of each batch that they agreed on: what
/// stands behind the last one in a journal is a part of a batch, and comes again.
package struct AgreementMark: Equatable, Sendable {
    /// The number of the newest batch of each server that has ever sent one.
    package var vector: [String: Int]
    /// A digest of all that was agreed up to here, in its order.
    package var chain: UInt32

    package init(vector: [String: Int] = [:], chain: UInt32 = 0) {
        self.vector = vector
        self.chain = chain
    }

    /// The same vector gives the same bytes.
    func append(to line: inout [UInt8]) {
        line += #","agreed":{"#.utf8
        for (index, (member, number)) in vector.sorted(by: { $0.key < $1.key }).enumerated() {
            line += "\(index == 0 ? "" : ",")\"\(member)\":\(number)".utf8
        }
        line += #"},"chain":"\#(chainText)""#.utf8
    }

    /// Eight hexadecimal digits.
    package var chainText: String {
        let digits = String(chain, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Reads it from a line's members, or from what another server says of itself.
    package init?(_ value: JSONValue) {
        guard case .object(let members)? = value["agreed"],
            let chain = value["chain"]?.string.flatMap({ UInt32($0, radix: 16) })
        else { return nil }
        self.init(chain: chain)
        for member in members {
            guard let number = member.value.integer, number > 0 else { return nil }
            vector[member.key] = number
        }
    }
}

/// The mark of the last batch that was agreed, and the number of its last entry.
package struct PlacedMark: Equatable, Sendable {
    package var mark: AgreementMark
    package var position: Position
    /// Bytes of its file up to its end.
    var end: Int
}

extension JournalLine {
    /// What a whole line says of the agreement, if it ends a batch.
    static func agreementMark(in line: ArraySlice<UInt8>) -> AgreementMark? {
        (try? JSONParser.parse(Array(line))).flatMap { AgreementMark($0) }
    }
}
