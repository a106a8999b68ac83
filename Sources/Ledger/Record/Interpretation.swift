import Journal
import KHOINS

/// What a delivery turns out to be: a callback with the place of its record, or something to keep under `rejected/`.
package indirect enum Interpretation: Sendable {
    case callback(Callback, RecordName)
    case rejected(Rejection)

    /// Judges a delivery; depends on nothing else, so that the journal can be read again at any time.
    package init(_ delivery: Delivery) {
        if let method = delivery.method, method != "POST" {
            self = .rejected(.notPosted(method: method))
            return
        }
        if let declared = delivery.declaredLength {
            self = .rejected(.incomplete(received: delivery.body.count, declared: declared))
            return
        }
        do throws(Unreadable) {
            let callback = try CallbackReader.read(delivery.body, arrival: delivery.receivedAt)
            if let name = RecordName(callback) {
                self = .callback(callback, name)
            } else {
                self = .rejected(.nameTooLong)
            }
        } catch {
            self = .rejected(delivery.query == nil ? .unreadable(error) : .reportInQuery)
        }
    }
}

extension Interpretation {
    /// The record that the delivery goes into; `nil` where it is none's.
    var recordName: RecordName? {
        if case .callback(_, let name) = self { name } else { nil }
    }
}

/// Why a delivery could not be filed as a record.
package enum Rejection: Equatable, Sendable {
    case unreadable(Unreadable)
    /// Bytes that came, and the CONTENT_LENGTH.
    case incomplete(received: Int, declared: Int)
    /// The record's file name would pass `RecordName.maximumLength`.
    case nameTooLong
    /// A report that came by another method: a redirect or the sender's set-up turned the POST into it.
    case notPosted(method: String)
    /// A POST whose body is no callback, while a report stands in the URL's query.
    case reportInQuery

    /// One sentence for the sender and for the operator; never quotes the body.
    package var explanation: String {
        switch self {
        case .unreadable(let reason): reason.explanation
        case .incomplete(let received, let declared): "the body ended after \(received) of \(declared) bytes"
        case .notPosted(let method):
            "this came as \(method); a callback must come as POST, with the report as its body, and without a redirect"
        case .reportInQuery:
            "the report stands in the URL's query, where it is not read: it must be the body of the POST"
        case .nameTooLong: "the id is too long: its file name would pass \(RecordName.maximumLength) bytes"
        }
    }
}

extension JournalEntry {
    /// What the delivery in this entry turns out to be.
    var interpretation: Interpretation? {
        if case .delivery(let delivery) = content { Interpretation(delivery) } else { nil }
    }
}

extension JournalEntry.Content {
    /// The record that this is about; `nil` for what is about none.
    func recordName(interpretation: Interpretation? = nil) -> RecordName? {
        switch self {
        case .expectation(let expectation): return RecordName(trxid: expectation.trxid)
        case .delivery(let delivery):
            return (interpretation ?? Interpretation(delivery)).recordName
        }
    }
}
