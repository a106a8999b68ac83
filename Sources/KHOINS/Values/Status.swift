/// What became of a transaction or top-up: KHOINS's own word, one spelling for each meaning.
package enum Status: String, CaseIterable, Sendable {
    case success = "Success"
    case failed = "Gagal"
    case expired = "Expired"
    case cancelled = "Dibatalkan"
    case refunded = "Refund"
    case pending = "Pending"
    /// No word, or one that is not in the list. Never to be read as failed.
    case unknown = "Unknown"

    /// Whether KHOINS says that this is the end of it. A final status is only ever replaced by another final one.
    package var isFinal: Bool {
        switch self {
        case .success, .failed, .expired, .cancelled, .refunded: true
        case .pending, .unknown: false
        }
    }

    /// The meaning of a word as KHOINS sends it, in any case and with white space, `.`, `!` or `:` around it; `nil` for
    /// a word that is not in the list.
    package init?(word: String) {
        self.init(word: word.utf8)
    }

    /// The same for the bytes of a word.
    package init?(word: some BidirectionalCollection<UInt8>) {
        let word = word.trimming {
            $0.isWhiteSpace || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "!") || $0 == UInt8(ascii: ":")
        }
        guard let known = Self.words.first(where: { word.isWord($0.word) }) else { return nil }
        self = known.status
    }

    private static let words: [(word: StaticString, status: Status)] = [
        ("success", .success), ("sukses", .success), ("berhasil", .success),
        ("gagal", .failed), ("failed", .failed), ("error", .failed),
        ("expired", .expired), ("kedaluwarsa", .expired),
        ("dibatalkan", .cancelled), ("batal", .cancelled), ("canceled", .cancelled), ("cancelled", .cancelled),
        ("refund", .refunded), ("refunded", .refunded), ("reversal", .refunded), ("reversed", .refunded),
        ("pending", .pending), ("proses", .pending), ("diproses", .pending), ("processing", .pending),
        ("menunggu", .pending),
    ]
}
