/// What one callback says, as far as it can be read. What it does not say is `nil`; nothing is guessed.
package struct Callback: Equatable, Sendable {
    /// What the callback is about.
    package enum Kind: String, CaseIterable, Sendable {
        case transaction
        case topup
    }

    package var kind: Kind
    /// The id as sent, a number's as its digits. `nil` only for a top-up that carries none.
    package var trxid: String?
    package var status: Status
    /// The status word as sent, where it is not the status's own spelling.
    package var providerStatus: String?
    package var serialNumber: String?
    package var product: String?
    package var destination: String?
    /// Whole Rupiah; can be zero or negative.
    package var price: Int?
    /// The text behind `ket:`.
    package var reason: String?
    package var memberid: String?
    /// Whole Rupiah of a top-up.
    package var amount: Int?
    /// Whole Rupiah; can be zero or negative.
    package var balance: Int?
    /// RFC 3339 with the zone `+07:00` (WIB).
    package var providerTime: String?
    /// The report's `message`, as sent.
    package var text: String?
    /// The report's JSON was damaged, or no status could be read.
    package var damaged: Bool
    /// Eight hex digits that tell apart top-ups without an id: the start of the SHA-256 of the outer `message` as
    /// sent. Empty wherever an id does that.
    package var messageDigest: String

    package init(
        kind: Kind, trxid: String? = nil, status: Status, providerStatus: String? = nil, serialNumber: String? = nil,
        product: String? = nil, destination: String? = nil, price: Int? = nil, reason: String? = nil,
        memberid: String? = nil, amount: Int? = nil, balance: Int? = nil, providerTime: String? = nil,
        text: String? = nil, damaged: Bool = false, messageDigest: String = ""
    ) {
        self.kind = kind
        self.trxid = trxid
        self.status = status
        self.providerStatus = providerStatus
        self.serialNumber = serialNumber
        self.product = product
        self.destination = destination
        self.price = price
        self.reason = reason
        self.memberid = memberid
        self.amount = amount
        self.balance = balance
        self.providerTime = providerTime
        self.text = text
        self.damaged = damaged
        self.messageDigest = messageDigest
    }
}

extension Callback {
    /// Takes over what this does not say from what was said before it.
    package mutating func fill(from older: Callback) {
        // What was ordered stays what it was, however the order ends.
        product = product ?? older.product
        destination = destination ?? older.destination
        memberid = memberid ?? older.memberid
        amount = amount ?? older.amount
        // A second report of the same outcome that says less does not take back what the first one said.
        guard status == older.status else { return }
        if serialNumber.map(Placeholder.isLikely) ?? true { serialNumber = older.serialNumber ?? serialNumber }
        price = price ?? older.price
        reason = reason ?? older.reason
        balance = balance ?? older.balance
        providerTime = providerTime ?? older.providerTime
        text = text ?? older.text
    }
}
