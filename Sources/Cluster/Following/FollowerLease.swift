import Formats
import Ledger

/// Who of several servers tells the shop under one cursor: one at a time, as far as clocks and networks allow, and the next
/// one goes on where the last one stopped. Used by one thread at a time.
///
/// The holder writes the key anew every few seconds, with its cursor. Another takes it when it has not changed for a while, by
/// its own clock alone. Such a lease excludes nobody for sure: what is told is told at least once.
package final class FollowerLease {
    /// Nanoseconds between two renewals; without any after which the holder ends; and without any after which another
    /// takes over.
    package static let (renewal, end, patience): (Int64, Int64, Int64) = (
        3_000_000_000, 10_000_000_000, 15_000_000_000
    )

    /// What an attempt came to.
    package enum Turn: Equatable, Sendable {
        /// This one is the holder now. Goes on at the cursor, if another server had it before.
        case held(Cursor?)
        case other(String)
    }

    /// On the wire: `{"holder":"a","word":"1a2b"}` and a new line, then the cursor's JSON, if it has a place. A holder that has
    /// ended leaves the name out.
    private struct Value: Equatable {
        var holder: String?
        /// Who held it last.
        var last: String
        var word: String
        var cursor: Cursor?

        var bytes: [UInt8] {
            var writer = JSONWriter()
            writer.open("{")
            writer.member("holder", holder)
            writer.member("last", last)
            writer.member("word", word)
            writer.close("}")
            return writer.bytes + [UInt8(ascii: "\n")] + (cursor?.bytes ?? [])
        }

        init(holder: String?, last: String, word: String, cursor: Cursor?) {
            (self.holder, self.last, self.word, self.cursor) = (holder, last, word, cursor)
        }

        init?(_ bytes: [UInt8]) {
            let head = bytes.prefix { $0 != UInt8(ascii: "\n") }
            guard let value = try? JSONParser.parse(Array(head)), let last = value["last"]?.string,
                let word = value["word"]?.string
            else { return nil }
            let rest = Array(bytes.dropFirst(head.count + 1))
            self.init(
                holder: value["holder"]?.string, last: last, word: word,
                cursor: rest.isEmpty ? nil : Cursor(bytes: rest))
        }
    }

    /// The member that a key's value names as the holder; `nil` for none.
    static func holder(_ value: [UInt8]) -> String? { Value(value)?.holder }

    private let key: String
    private let member: String
    private let word: String
    private let store: any EtcdStore
    /// What this holder has written last, and the key's revision then.
    private var own: Value?
    private var revision = 0
    /// The state of another's key that was seen, and since when.
    private var seen: (revision: Int, since: Int64)?

    /// - Parameter word: No other process has it.
    package init(_ cursor: String, of cluster: String, member: String, word: String, store: any EtcdStore) {
        key = ClusterKeys(cluster: cluster).follower(cursor)
        self.member = member
        self.word = word
        self.store = store
    }

    /// Tries to become the holder.
    ///
    /// - Parameter now: Nanoseconds on a clock that nobody can set.
    package func attempt(now: Int64) throws(EtcdFailure) -> Turn {
        var read = EtcdTransaction()
        read.success = [.range(.init(key))]
        let entry = try store.commit(read).found[0].entries.first
        let known = entry.flatMap { Value($0.value) }
        if let entry, let known, known.word == word {
            // A try before this had no answer.
            (own, revision) = (known, entry.modified)
            return .held(known.last == member ? nil : known.cursor)
        }
        if let entry, let holder = known?.holder {
            if seen?.revision != entry.modified { seen = (entry.modified, now) }
            guard let seen, now - seen.since >= Self.patience else { return .other(holder) }
        }
        // Until it is renewed, the last one stays who was there before: its cursor is still to be taken.
        let value = Value(holder: member, last: known?.last ?? member, word: word, cursor: known?.cursor)
        guard try put(value, over: entry?.modified ?? 0) else { return .other(known?.holder ?? "another server") }
        return .held(value.last == member ? nil : value.cursor)
    }

    private func put(_ value: Value, over known: Int) throws(EtcdFailure) -> Bool {
        var transaction = EtcdTransaction()
        transaction.comparisons = [.modified(key, known)]
        transaction.success = [.put(key, value.bytes)]
        transaction.failure = [.range(.init(key))]
        let answer = try store.commit(transaction)
        if answer.succeeded {
            (own, revision) = (value, answer.revision)
            return true
        }
        guard let entry = answer.found.first?.entries.first, let found = Value(entry.value), found.word == word else {
            return false
        }
        // The one before this had no answer, and was done.
        (own, revision) = (found, entry.modified)
        return true
    }

    /// Says how far this holder is; without a cursor, only that it lives.
    ///
    /// - Returns: Whether it is still the holder.
    package func renew(_ cursor: Cursor?) throws(EtcdFailure) -> Bool {
        guard let own else { return false }
        guard let cursor else { return try put(own, over: revision) }
        return try put(Value(holder: member, last: member, word: word, cursor: cursor.forAnother), over: revision)
    }

    /// Lets another take over at once.
    package func release(_ cursor: Cursor?) throws(EtcdFailure) {
        guard let own else { return }
        var value = own
        (value.holder, value.word) = (nil, "")
        if let cursor { (value.last, value.cursor) = (member, cursor.forAnother) }
        _ = try put(value, over: revision)
    }
}
