import Formats

/// Why bytes are no callback that could be filed. Says what was wrong and never quotes the body.
package enum Unreadable: Error, Equatable, Sendable {
    case empty
    case notJSON(JSONParser.Failure)
    case notAnObject
    /// Neither a transaction's id nor a member's.
    case noID
    /// The id's bytes are not UTF-8, so no file name could be told from another's.
    case invalidID
    /// A damaged report and its text name different ids, and nothing else names one.
    case doubtfulID
}

extension Unreadable {
    /// The same in words, for the sender.
    package var explanation: String {
        switch self {
        case .empty: "the body is empty"
        case .notJSON(let failure): "the body is not JSON: \(failure.explanation)"
        case .notAnObject: "the body is JSON, but not an object"
        case .noID: "the body holds neither an id (refid, trxid) nor a memberid"
        case .invalidID: "the id is not valid UTF-8"
        case .doubtfulID: "the report is damaged, and its ids disagree"
        }
    }
}

extension JSONParser.Failure {
    /// The same in words. Names the offset only, since the bytes there may be private.
    package var explanation: String {
        switch reason {
        case .endOfInput: "it ends too early, at offset \(offset)"
        case .unexpectedByte: "unexpected byte at offset \(offset)"
        case .controlCharacterInString: "control character inside a string at offset \(offset)"
        case .badEscape: "unknown escape at offset \(offset)"
        case .tooDeep: "more than \(JSONParser.maximumDepth) levels at offset \(offset)"
        case .trailingBytes: "something follows the value at offset \(offset)"
        }
    }
}
