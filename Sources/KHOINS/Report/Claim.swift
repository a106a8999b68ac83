import Formats

/// What all members of one key say together: keys are the same in any case, and a sender may repeat one.
///
/// Members without a value say nothing. Two spellings that disagree count as none, because either may be the wrong one;
/// of members spelt alike the last is meant, as in PHP and JavaScript.
///
/// `Equatable` is asked for by the functions alone: asked for by the type, it is looked up among all conformances of the
/// program at a process's first claim, for 120,000 instructions each.
struct Claim<Value> {
    private(set) var value: Value?
    private(set) var isDisputed = false
    /// Members of one spelling say different things, of which the last is meant.
    private(set) var isReplaced = false
    /// Where the member stands that gave the value. Its key is looked at where another comes alone, which is hardly
    /// ever.
    private var place = 0

    private mutating func dispute() {
        value = nil
        isDisputed = true
    }
}

extension Claim where Value: Equatable {
    /// - Parameter place: Where the member stands among `members`.
    mutating func add(_ other: Value?, at place: Int, of members: [JSONValue.Member]) {
        guard let other, !isDisputed else { return }
        if let value, value != other {
            guard members[place].key == members[self.place].key else {
                dispute()
                return
            }
            isReplaced = true
        }
        value = other
        self.place = place
    }

    /// The same for members of which even those that are spelt alike have to agree.
    mutating func add(_ other: Value?) {
        guard let other, !isDisputed else { return }
        if let value, value != other { dispute() } else { value = other }
    }
}

extension Claim<String> {
    /// Two status words agree where they mean the same. However they are spelt, two that do not are one too many: a
    /// quote in a destination is enough to bring a second one in. Of words that nobody knows the last is kept.
    mutating func add(status word: String?) {
        guard let word, !isDisputed else { return }
        if let value, Status(word: value) != Status(word: word) { dispute() } else { value = word }
    }
}
