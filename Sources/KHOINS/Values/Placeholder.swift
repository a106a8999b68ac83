import Formats

/// What a sender writes where it has no value.
package enum Placeholder {
    /// Whether the bytes only hold the place of a value: `-`, `0`, `null` or `kosong`, or there are none.
    static func isOne(_ bytes: some Collection<UInt8>) -> Bool {
        switch bytes.count {
        case 0: true
        case 1: bytes.first == UInt8(ascii: "-") || bytes.first == UInt8(ascii: "0")
        case 4: bytes.isWord("null")
        case 6: bytes.isWord("kosong")
        default: false
        }
    }

    /// The bytes as text, without the white space around them; `nil` for a placeholder, also with dots around it, and
    /// for a row of `-`. An id is never read so: it can be any of these.
    static func value(_ bytes: some BidirectionalCollection<UInt8>) -> String? {
        let content = bytes.trimmingWhiteSpace
        let word = content.trimming { $0.isWhiteSpace || $0 == UInt8(ascii: ".") }
        let isNone = isOne(word) || word.allSatisfy { $0 == UInt8(ascii: "-") }
        return isNone ? nil : String(decoding: content, as: UTF8.self)
    }

    /// Whether a value could be what somebody wrote where there is none: `00`, `n/a`, `none`. It is read as it is, but
    /// takes no other value away.
    package static func isLikely(_ value: String) -> Bool {
        let word = value.utf8.filter { !" \t\r\n.-_/*".utf8.contains($0) }
        return word.allSatisfy { $0 == UInt8(ascii: "0") } || words.contains { word.isWord($0) }
    }

    private static let words: [StaticString] = ["null", "kosong", "nil", "none", "na", "undefined"]
}

extension BidirectionalCollection<UInt8> {
    /// Without the bytes at both ends that `isOutside` names.
    func trimming(where isOutside: (UInt8) -> Bool) -> SubSequence {
        let start = firstIndex { !isOutside($0) } ?? endIndex
        let end = self[start...].lastIndex { !isOutside($0) }.map(index(after:)) ?? start
        return self[start..<end]
    }
}
