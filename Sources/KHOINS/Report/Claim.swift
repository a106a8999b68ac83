/// What all members of one key say together: keys are the same in any case, and a sender may repeat one.
///
/// Members without a value say nothing. Two spellings that disagree count as none, because either may be the wrong one;
/// of members spelt alike the last is meant, as in PHP and JavaScript.
struct Claim<Value: Equatable> {
    private(set) var value: Value?
    private(set) var isDisputed = false
    /// Members of one spelling say different things, of which the last is meant.
    private(set) var isReplaced = false
    private var spelling: String?

    /// - Parameter spelling: The key as sent; `nil` where also members that are spelt alike have to agree.
    mutating func add(_ other: Value?, spelling: String? = nil) {
        guard let other, !isDisputed else { return }
        if let value, spelling == nil || spelling != self.spelling {
            guard value != other else { return }
            self.value = nil
            isDisputed = true
        } else {
            isReplaced = isReplaced || value != nil && value != other
            value = other
            self.spelling = spelling
        }
    }
}

extension Claim<String> {
    /// Two status words agree where they mean the same. However they are spelt, two that do not are one too many: a
    /// quote in a destination is enough to bring a second one in. Of words that nobody knows the last is kept.
    mutating func add(status word: String?) {
        guard let word, !isDisputed else { return }
        if let value, Status(word: value) != Status(word: word) {
            self.value = nil
            isDisputed = true
        } else {
            value = word
        }
    }
}
