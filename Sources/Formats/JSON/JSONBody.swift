import FoundationEssentials

extension JSONWriter {
    /// A body as a member: `"body"` with its text, or `"bodyBase64"` where it is not UTF-8.
    package mutating func body(_ body: [UInt8], space: Bool = false) {
        if body.isUTF8 {
            key("body", space: space)
            string(body)
        } else {
            key("bodyBase64", space: space)
            string(Data(body).base64EncodedString())
        }
    }
}

extension JSONValue {
    /// The bytes of a body that `JSONWriter.body` wrote.
    package var body: [UInt8]? {
        if let text = self["body"]?.string { return Array(text.utf8) }
        return self["bodyBase64"]?.string.flatMap { Data(base64Encoded: $0) }.map { Array($0) }
    }
}
