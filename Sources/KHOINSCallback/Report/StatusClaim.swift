/// What one object, the report or the envelope, says about the status, and how sure that is.
struct StatusClaim {
    /// What its members' words come to, beside the text's own word.
    enum Verdict: Equatable {
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
    /// The object was JSON, so that nothing parted its members wrongly.
    var isSound = true
    /// In a damaged object: words of members behind the text.
    var wordsBehindText: [String] = []
    /// Whether these members are certainly not the text's.
    var isTextClosed = true
    /// In a damaged object: what status words inside its text mean.
    var quoted: [Status] = []

    /// A wrong final status costs money, and an unknown one only a question. So where a damaged object leaves a
    /// choice, the text's own word has to agree, and of words that differ none counts.
    func verdict(textWord: String?) -> Verdict {
        if isDisputed { return isSound ? .silent : .contradictory }
        guard let first = word ?? wordsBehindText.first else { return .silent }
        let status = Status(word: first)
        guard wordsBehindText.allSatisfy({ $0 == first || status != nil && Status(word: $0) == status }) else {
            return .contradictory
        }
        guard word == nil else { return .word(first) }
        let textStatus = textWord.flatMap { Status(word: $0) }
        if isTextClosed {
            let isContradicted = textStatus?.isFinal == true && textStatus != status
            return isContradicted ? .contradictory : .word(first)
        }
        return status != nil && status == textStatus ? .word(first) : .contradictory
    }

    /// The status word that counts: the report's, else the envelope's, else the text's own. `nil` where there is none
    /// and where there are several.
    static func word(report: StatusClaim, envelope: StatusClaim, text: String?) -> String? {
        for claim in [report, envelope] {
            switch claim.verdict(textWord: text) {
            case .word(let word): return word
            case .contradictory: return nil
            case .silent: continue
            }
        }
        // Where the report is damaged, a status inside the text may have been a member of its own.
        let status = text.flatMap { Status(word: $0) }
        guard report.quoted.allSatisfy({ $0 == status }), envelope.quoted.allSatisfy({ $0 == status }) else {
            return nil
        }
        return text
    }
}
