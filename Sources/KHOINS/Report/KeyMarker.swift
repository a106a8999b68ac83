import Formats

/// A place in damaged JSON where a member seems to begin: `"key":`.
struct KeyMarker {
    /// `nil` for a key that is not read.
    var key: MemberKey?
    /// The offset of the key's opening quote, or of the key where that quote is missing.
    var start: Int
    /// The offset of the value's first byte.
    var valueStart: Int
    /// How many braces are open there, more than closed.
    var depth = 0

    /// All of them, in order. Linear in `bytes`: what is looked at before one colon lies behind the colon before it.
    static func all(in bytes: [UInt8]) -> [KeyMarker] {
        var markers: [KeyMarker] = []
        var depth = 0
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ":"):
                guard var marker = KeyMarker(bytes, colon: index) else { continue }
                marker.depth = depth
                markers.append(marker)
            default: break
            }
        }
        return markers
    }

    private init?(_ bytes: [UInt8], colon: Int) {
        var nameEnd = bytes.skippingWhiteSpaceBack(from: colon)
        let isClosed = nameEnd > 0 && bytes[nameEnd - 1].isQuote
        if isClosed { nameEnd -= 1 }
        var nameStart = nameEnd
        while nameStart > 0, bytes[nameStart - 1].isKeyCharacter { nameStart -= 1 }
        guard nameStart < nameEnd else { return nil }
        let isOpened = nameStart > 0 && bytes[nameStart - 1].isQuote
        start = isOpened ? nameStart - 1 : nameStart
        valueStart = bytes.skippingWhiteSpace(from: colon + 1)
        key = MemberKey(bytes[nameStart..<nameEnd])
        if isOpened && isClosed { return }
        // With a quote missing it could be a word of the text; the place where a member begins tells them apart.
        guard key != nil, isOpened || isClosed else { return nil }
        let before = bytes.skippingWhiteSpaceBack(from: start)
        guard before > 0, bytes[before - 1] == UInt8(ascii: ",") || bytes[before - 1] == UInt8(ascii: "{") else {
            return nil
        }
    }
}

extension UInt8 {
    fileprivate var isKeyCharacter: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }
}
