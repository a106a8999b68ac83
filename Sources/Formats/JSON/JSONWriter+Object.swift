extension JSONWriter {
    /// Begins a member; its value follows.
    package mutating func begin(_ key: StaticString) {
        if indents { begin(key, behind: "\n  ") } else { begin(key, behind: "") }
    }

    /// An object of texts.
    package mutating func object(_ members: [(StaticString, String)]) {
        open("{")
        for (key, value) in members { member(key, value) }
        close("}")
    }

    /// A member that is a whole number; none where it is not known.
    package mutating func member(_ key: StaticString, _ number: Int?) {
        guard let number else { return }
        begin(key)
        integer(number)
    }

    /// A member that is a text; none where it is not known.
    package mutating func member(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        begin(key)
        string(text)
    }

    /// A member that is `true`; none where it is not.
    package mutating func mark(_ key: StaticString, _ isTrue: Bool) {
        guard isTrue else { return }
        begin(key)
        bool(true)
    }
}
