extension Record {
    /// The file's JSON on one line.
    package var compactJSON: [UInt8] { Self.compacted(json) }

    /// JSON without the white space between its tokens.
    static func compacted(_ json: [UInt8]) -> [UInt8] {
        var compact: [UInt8] = []
        compact.reserveCapacity(json.count)
        var isInString = false
        var isEscaped = false
        for byte in json {
            if isInString {
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") {
                continue
            } else {
                isInString = byte == UInt8(ascii: "\"")
            }
            compact.append(byte)
        }
        return compact
    }
}
