import ArgumentParser
import KHOINSCallback
import Ledger

/// Which records a command is about.
struct SelectionOptions: ParsableArguments {
    @Option(help: "Only transactions, or only top-ups.", transform: Self.kind)
    var kind: Callback.Kind?

    @Option(
        help: ArgumentHelp(
            """
            Only this status, in any of its words and in any case (Gagal, failed), or what bears this mark: reversed \
            (another final status stood there before), unclear (a newer delivery could not be read), damaged; can be \
            repeated.
            """,
            valueName: "status"),
        transform: Self.status)
    var status: [StatusChoice] = []

    @Option(
        help: ArgumentHelp("Only where the status came since: 2h, 3d, today, 2026-11-22.", valueName: "time"),
        transform: { try TimeArgument.moment($0) })
    var since: Timestamp?

    @Option(
        help: ArgumentHelp("Only what was first heard of at least so long ago: 10m, 2026-11-22.", valueName: "time"),
        transform: { try TimeArgument.moment($0) })
    var olderThan: Timestamp?

    /// What a word behind `--status` means; “reversed” is a mark, and also a word of KHOINS's for a refund.
    struct StatusChoice: Sendable {
        var status: Status?
        var mark: RecordSelection.Mark?
    }

    var selection: RecordSelection {
        var selection = RecordSelection()
        selection.kind = kind
        selection.statuses = Set(status.compactMap(\.status))
        selection.marks = Set(status.compactMap(\.mark))
        selection.since = since
        selection.knownBefore = olderThan
        return selection
    }

    private static func kind(_ word: String) throws -> Callback.Kind {
        switch word.lowercased() {
        case "transaction", "transactions": return .transaction
        case "topup", "topups", "top-up", "top-ups": return .topup
        default: throw ValidationError("“\(word)” is no kind: take transaction or topup.")
        }
    }

    private static func status(_ word: String) throws -> StatusChoice {
        let isUnknown = word.lowercased() == Status.unknown.rawValue.lowercased()
        let choice = StatusChoice(
            status: isUnknown ? .unknown : Status(word: word), mark: RecordSelection.Mark(rawValue: word.lowercased()))
        if choice.status != nil || choice.mark != nil { return choice }
        let words = Status.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("“\(word)” is no status: take one of \(words).")
    }
}
