import Formats

/// What one object, the report or the envelope, says about the status, and how sure that is.
struct StatusClaim {
    /// What its members' words come to, beside the text's own word.
    enum Verdict {
        case word(String)
        /// It says nothing.
        case silent
        /// It says different things, or one that may be somebody else's.
        case contradictory
    }

    /// The word of its own members as sent.
    var word: String?
    /// Its own members say different things.
    var isDisputed = false
    /// What else may be said; `nil` for an object that was JSON, where nothing parted its members wrongly.
    var damage: Damage?

    /// Status words of a damaged object that may not be its own.
    final class Damage: Sendable {
        /// Words of members behind the text.
        let wordsBehindText: [String]
        /// Whether these members are certainly not the text's.
        let isTextClosed: Bool
        /// What status words inside the text mean.
        let quoted: [Status]

        init(wordsBehindText: [String] = [], isTextClosed: Bool = true, quoted: [Status] = []) {
            self.wordsBehindText = wordsBehindText
            self.isTextClosed = isTextClosed
            self.quoted = quoted
        }
    }

    /// A wrong final status costs money, and an unknown one only a question. So where a damaged object leaves a
    /// choice, the text's own word has to agree, and of words that differ none counts.
    func verdict(textWord: String?) -> Verdict {
        guard let damage else { return word.map { .word($0) } ?? .silent }
        if isDisputed { return .contradictory }
        guard let first = word ?? damage.wordsBehindText.first else { return .silent }
        let status = Status(word: first)
        let isOneWord = damage.wordsBehindText.allSatisfy { $0 == first || status != nil && Status(word: $0) == status }
        guard isOneWord else { return .contradictory }
        let textStatus = textWord.flatMap { Status(word: $0) }
        // Members before the text, and those behind one that has ended, are the object's own.
        if word != nil || damage.isTextClosed {
            let isContradicted = textStatus != nil && textStatus != status
            return isContradicted ? .contradictory : .word(first)
        }
        return status != nil && status == textStatus ? .word(first) : .contradictory
    }

    /// The status word that counts: the report's, else the envelope's, else the text's own. `nil` where there is none
    /// and where there are several.
    static func word(report: StatusClaim, envelope: StatusClaim, text: String?) -> String? {
        var verdict = report.verdict(textWord: text)
        if case .silent = verdict { verdict = envelope.verdict(textWord: text) }
        switch verdict {
        case .word(let word): return word
        case .contradictory: return nil
        case .silent: break
        }
        // Where the report is damaged, a status inside the text may have been a member of its own.
        let status = text.flatMap { Status(word: $0) }
        let quoted = (report.damage?.quoted ?? []) + (envelope.damage?.quoted ?? [])
        return quoted.allSatisfy { $0 == status } ? text : nil
    }
}
