import Formats
import Journal

/// Compares what others say of their journals with what was so in this one, at the same place.
struct JournalComparison {
    /// Of so many totals it is remembered what the agreement was there.
    private static let remembered = 8192

    /// By its total: what the agreement was there.
    private var history: [Int: (chain: UInt32, next: Position)] = [:]
    /// What others said of a place where this server had not been yet.
    private var claims: [String: MemberMark] = [:]
    /// Those that were found different at the last place where they could be compared.
    private var different: Set<String> = []

    mutating func remember(_ mark: AgreementMark, _ next: Position) {
        let total = mark.total
        history[total] = (mark.chain, next)
        history[total - Self.remembered] = nil
    }

    /// Compares with the marks that others have told. On a busy server they are often ahead by what is applied here a
    /// moment later: that is compared the next time.
    ///
    /// - Parameters:
    ///   - own: This server's name.
    ///   - total: How many batches were applied here.
    /// - Returns: Those whose journals differ, in order.
    mutating func compare(_ survey: Survey, but own: String, upTo total: Int) -> [String] {
        let others = survey.members.active.filter { $0 != own }
        claims = claims.filter { others.contains($0.key) }
        different.formIntersection(others)
        for member in others {
            let earlier = claims.removeValue(forKey: member)
            for claim in [earlier, survey.marks[member]].compactMap({ $0 }) {
                if let here = history[claim.mark.total] {
                    if here.chain == claim.mark.chain, here.next == claim.next {
                        different.remove(member)
                    } else {
                        different.insert(member)
                    }
                } else if claim.mark.total > total, claims[member] == nil {
                    claims[member] = claim
                }
            }
        }
        return different.sorted()
    }
}
