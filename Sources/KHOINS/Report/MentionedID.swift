import Formats

/// The ids that a body seems to speak of, for people who look for a delivery that was rejected.
///
/// A best guess, whatever the bytes are: JSON with any damage, a form, a query, UTF-16. Nothing is ever filed under it.
/// Linear in the body.
package enum MentionedID {
    /// The first `refid`, else the first `trxid`, else the first token behind `R#`; `nil` where none can be made out.
    package static func trxid(in body: [UInt8]) -> String? {
        let bytes = withoutNULs(body)
        return possible(value(of: "refid", in: bytes) ?? value(of: "trxid", in: bytes) ?? value(of: "r#", in: bytes))
    }

    /// The first `memberid` likewise.
    package static func memberid(in body: [UInt8]) -> String? {
        possible(value(of: "memberid", in: withoutNULs(body)))
    }

    /// Bytes that are looked at: those of the largest body, unless an operator has allowed for more.
    private static let maximumLength = 65_536

    /// The beginning. Every other byte of ASCII in UTF-16 is a NUL.
    private static func withoutNULs(_ body: [UInt8]) -> [UInt8] { body.prefix(maximumLength).filter { $0 != 0 } }

    /// No file name is longer, so an id that is makes no name.
    private static let maximumIDLength = 200

    /// An id that could be one. A longer one stays the one that is meant: what else the body names is none in its place.
    private static func possible(_ id: String?) -> String? {
        id.flatMap { $0.utf8.count <= maximumIDLength ? $0 : nil }
    }

    private static func value(of key: StaticString, in bytes: [UInt8]) -> String? {
        let length = key.utf8CodeUnitCount
        var index = 0
        while index + length < bytes.count {
            if bytes.hasWord(key, at: index), index == 0 || !bytes[index - 1].isWordCharacter,
                let value = value(behind: index + length, isMark: key.utf8Start[length - 1] == UInt8(ascii: "#"), bytes)
            {
                return value
            }
            index += 1
        }
        return nil
    }

    /// - Parameter isMark: The value follows at once; behind a key there is a colon or an equals sign.
    private static func value(behind keyEnd: Int, isMark: Bool, _ bytes: [UInt8]) -> String? {
        let limit = min(keyEnd + 2 * maximumIDLength, bytes.count)
        var start = keyEnd
        var isForm = false
        var isQuoted = false
        if !isMark {
            while start < limit, bytes[start].isWrapping { start += 1 }
            guard start < limit, bytes[start] == UInt8(ascii: ":") || bytes[start] == UInt8(ascii: "=") else {
                return nil
            }
            isForm = bytes[start] == UInt8(ascii: "=")
            start += 1
            while start < limit, bytes[start].isWrapping {
                isQuoted = isQuoted || bytes[start].isQuote
                start += 1
            }
        }
        var end = start
        while end < limit, !bytes[end].isWrapping || isQuoted && bytes[end] == UInt8(ascii: " "),
            !",{}[]&<>".utf8.contains(bytes[end])
        {
            end += 1
        }
        var token = bytes[start..<end].trimmingWhiteSpace
        if isMark, token.suffix(3).elementsEqual("...".utf8) { token = token.dropLast(3) }
        let value = isForm ? QueryFields.percentDecoded(token, plusIsSpace: true) : Array(token)
        return Placeholder.isOne(value) ? nil : String(validating: value, as: UTF8.self)
    }
}

extension UInt8 {
    fileprivate var isWordCharacter: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }

    /// What stands around keys and values, with any number of escapes.
    fileprivate var isWrapping: Bool { isWhiteSpace || isQuote || self == UInt8(ascii: "\\") }
}
