import Journal
import KHOINS
import Ledger

/// One entry that the shop is told of.
struct Telling: Sendable {
    var placed: PlacedEntry
    var name: RecordName
    var trxid: String?
    /// What the entry itself says.
    var status: Status

    init(_ change: JournalChange) {
        placed = change.placed
        name = change.name
        trxid = change.record.callback.trxid
        status = change.status
    }

    var position: Position { placed.position }

    /// What an operator knows it by.
    var title: String { (trxid ?? name.file).printable }

    /// `nil` for what is no delivery, such as a note that one is expected.
    var delivery: Delivery? {
        if case .delivery(let delivery) = placed.entry.content { delivery } else { nil }
    }
}

/// How an attempt to tell the shop has ended.
enum TellOutcome: Equatable, Sendable {
    /// With the answer in a word or two.
    case told(String)
    /// The shop will never take it, and the others of its record go on.
    case givenUp(String)
    case failed(TellFailure)
    /// It was not tried after all.
    case notTried
}

struct TellFailure: Equatable, Sendable {
    /// What all failures of this kind have in common, for the log and for whoever asks.
    var cause: String
    /// What follows the subject in a sentence.
    var words: String
    /// Milliseconds that the shop has asked for.
    var retryAfter: Int64?
    /// The shop could not even be asked: that says nothing about this entry.
    var isOfShop = false
}

/// A way in which the shop is told.
protocol Teller: AnyObject {
    /// How many sentences of one cause the log takes in a minute.
    var noticesPerMinute: Int { get }
    /// Whether what is no delivery can be told too.
    var takesExpectations: Bool { get }
    /// Entries that one slot takes now, at most.
    func limit(areRetries: Bool) -> Int
    /// Begins to tell of entries of different records, one after another. For each one an outcome comes later.
    func start(_ slot: TellSchedule.Slot, _ tellings: [Telling])
    /// The outcomes that there are by now.
    func collect(now: Int64) -> [(slot: Int, position: Position, outcome: TellOutcome)]
    /// Can be read when there may be an outcome.
    var descriptors: [Int32] { get }
    /// When there is something to do though nothing happens.
    var nextMoment: Int64? { get }
    /// What a sentence about an entry begins with.
    func subject(_ title: String) -> String
}
