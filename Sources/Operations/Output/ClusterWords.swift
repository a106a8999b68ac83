import Formats
import Journal
import Ledger

extension ClusterOverview.Trouble {
    /// What is wrong with a server, and where that is not plain, what to do.
    package var words: String {
        switch self {
        case .gone: "is gone: the others go on without it; seed it"
        case .different: "has another journal than this server: seed the wrong one"
        case .unstarted: "has told nothing yet: it is being seeded, or was never started"
        case .behind(let count): "is behind by \(grouped(count)) batches"
        case .silent(let seconds):
            "was last seen \(duration(microseconds: seconds * 1_000_000)) ago: it is down, cut off, or its clock is behind"
        case .ahead(let seconds): "has a clock that is ahead by \(duration(microseconds: seconds * 1_000_000))"
        }
    }
}

extension ClusterOverview.Row {
    /// How long ago it told how far it is; `-` where it has not.
    package func seenWords(_ now: Timestamp) -> String {
        guard let seen else { return "-" }
        return "\(duration(microseconds: max(0, now.microseconds - seen.microseconds))) ago"
    }
}

extension ClusterOverview {
    /// A sentence for each member that somebody should look at.
    package var troubles: [String] {
        rows.compactMap { row in row.trouble(now).map { "\(row.name) \($0.words)" } }
    }

    /// Who is in it: `a, b, c; this is a`.
    package var words: String { "\(rows.map(\.name).joined(separator: ", ")); this is \(identity.member)" }
}
