import Formats

/// What a sender writes where it has no value: `-`, `0`, `null`, `kosong`, or nothing.
enum Placeholder {
    /// The bytes as text, without the white space around them; `nil` for a placeholder, also with dots around it.
    static func value(_ bytes: some BidirectionalCollection<UInt8>) -> String? {
        let content = bytes.trimmingWhiteSpace
        return isOne(content) ? nil : String(decoding: content, as: UTF8.self)
    }

    static func isOne(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        let content = bytes.trimming { $0.isWhiteSpace || $0 == UInt8(ascii: ".") }
        return content.allSatisfy { $0 == UInt8(ascii: "-") } || content.isWord("0") || content.isWord("null")
            || content.isWord("kosong")
    }
}

extension BidirectionalCollection<UInt8> {
    /// Without the bytes at both ends that `isOutside` names.
    func trimming(where isOutside: (UInt8) -> Bool) -> SubSequence {
        let start = firstIndex { !isOutside($0) } ?? endIndex
        let end = self[start...].lastIndex { !isOutside($0) }.map(index(after:)) ?? start
        return self[start..<end]
    }
}
