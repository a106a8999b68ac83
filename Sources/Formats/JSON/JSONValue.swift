/// A JSON text as values (RFC 8259).
///
/// Numbers stay as the token that was sent, because an id may be a number of any length; objects keep the order and
/// the repetition of their members.
package enum JSONValue: Equatable, Sendable {
    case object([Member])
    case array([JSONValue])
    /// Bytes that are not UTF-8, and lone surrogates, read as U+FFFD.
    case string(String)
    /// The number as written: `9`, `-1.5e3`.
    case number(String)
    case bool(Bool)
    case null

    /// One member of an object.
    package struct Member: Equatable, Sendable {
        package var key: String
        package var value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    /// The member of that name; of several the last, as in PHP and JavaScript. `nil` where this is no object.
    package subscript(_ key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    /// The text of a string, else `nil`.
    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// A whole number that fits, else `nil`.
    package var integer: Int? {
        if case .number(let token) = self { Int(token) } else { nil }
    }

    /// The value of `true` and `false`, else `nil`.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The elements of an array, else `nil`.
    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}
