extension JSONWriter {
    /// An object of texts, on one line.
    package mutating func object(_ members: [(StaticString, String)]) {
        open("{")
        for (key, value) in members {
            next()
            self.key(key)
            string(value)
        }
        close("}")
    }

    /// A member that is a whole number; none where it is not known.
    package mutating func member(_ key: StaticString, _ number: Int?) {
        guard let number else { return }
        next()
        self.key(key)
        integer(number)
    }

    /// A member that is a text; none where it is not known.
    package mutating func member(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        next()
        self.key(key)
        string(text)
    }

    /// A member that is `true`; none where it is not.
    package mutating func mark(_ key: StaticString, _ isTrue: Bool) {
        guard isTrue else { return }
        next()
        self.key(key)
        bool(true)
    }
}
