/// The Indonesian words that a report's text is built of, in lower case; they are found in any case.
enum TextWords {
    static let idMark: StaticString = "r#"
    static let transaction: StaticString = "transaksi"
    static let to: StaticString = "ke"
    static let member: StaticString = "member"
    /// Two words: "with amount".
    static let with: StaticString = "dengan"
    static let amount: StaticString = "jumlah"
}

/// What announces the value behind it.
enum TextLabel: CaseIterable {
    case price
    case serialNumber
    case reason
    case balance

    var word: StaticString {
        switch self {
        case .price: "harga:"
        case .serialNumber: "sn:"
        case .reason: "ket:"
        case .balance: "saldo:"
        }
    }

    /// Whether it comes behind the status word, where the text's own grammar ends and free values begin.
    var endsHead: Bool { self != .price }
}
