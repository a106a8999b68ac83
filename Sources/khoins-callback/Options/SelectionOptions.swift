import ArgumentParser
import Formats
import KHOINS
import Ledger

/// Which records a command is about.
struct SelectionOptions: ParsableArguments {
    /// What is listed: records of a kind, or what became none.
    enum Kind: Equatable {
        case records(Callback.Kind)
        case rejected
    }

    @Option(
        help: ArgumentHelp(
            "Only transactions, only topups, or instead of records what was rejected: deliveries that were no callback.",
            valueName: "kind"),
        completion: .list(["transaction", "topup", "rejected"]),
        transform: Self.kind)
    var kind: Kind?

    @Option(
        help: ArgumentHelp(
            """
            Only this status, in any of its words and in any case (Gagal, failed), or what bears this mark: reversed \
            (another final status stood there before), unclear (a newer delivery could not be read), damaged; can be \
            repeated.
            """,
            valueName: "status"),
        completion: .list(
            Status.allCases.map(\.rawValue) + RecordSelection.Mark.allCases.map(\.rawValue)),
        transform: Self.status)
    var status: [StatusChoice] = []

    @Option(
        help: ArgumentHelp(
            "Only where the status came since: 2h, 3d, today, yesterday, 2026-11-22, or “2026-11-22 15:00”.",
            valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Option(
        help: ArgumentHelp("Only where the status came before: as --since.", valueName: "time"),
        transform: TimeArgument.init)
    var until: TimeArgument?

    @OptionGroup var content: ContentOptions

    @Option(
        help: ArgumentHelp("Only what was first heard of at least so long ago: 10m, 2026-11-22.", valueName: "time"),
        transform: TimeArgument.init)
    var olderThan: TimeArgument?

    /// What a word behind `--status` means; “reversed” is a mark, and also a word of KHOINS's for a refund.
    struct StatusChoice: Sendable {
        var status: Status?
        var mark: RecordSelection.Mark?
    }

    func selection(_ zone: Zone) -> RecordSelection {
        var selection = RecordSelection()
        if case .records(let kind) = kind { selection.kind = kind }
        selection.statuses = Set(status.compactMap(\.status))
        selection.marks = Set(status.compactMap(\.mark))
        selection.since = since?.moment(zone)
        selection.until = until?.end(zone)
        selection.knownBefore = olderThan?.moment(zone)
        content.narrow(&selection)
        return selection
    }

    func validate() throws {
        if kind == .rejected, !status.isEmpty {
            throw ValidationError("What was rejected has no status: --kind rejected goes without --status.")
        }
        if kind == .rejected, !content.isEmpty {
            throw ValidationError(
                "What was rejected was not read: --kind rejected goes without --search, --product and --destination.")
        }
    }

    static func kind(_ word: String) throws -> Kind {
        switch word.lowercased() {
        case "transaction", "transactions": return .records(.transaction)
        case "topup", "topups", "top-up", "top-ups": return .records(.topup)
        case "rejected": return .rejected
        default: throw ValidationError("“\(word)” is no kind: take transaction, topup or rejected.")
        }
    }

    static func status(_ word: String) throws -> StatusChoice {
        let isUnknown = word.lowercased() == Status.unknown.rawValue.lowercased()
        let choice = StatusChoice(
            status: isUnknown ? .unknown : Status(word: word), mark: RecordSelection.Mark(rawValue: word.lowercased()))
        if choice.status != nil || choice.mark != nil { return choice }
        let words = Status.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("“\(word)” is no status: take one of \(words).")
    }
}
