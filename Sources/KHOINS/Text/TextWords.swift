/// The Indonesian words that a report's text is built of, in lower case; they are found in any case.
enum TextWords {
    static let idMark: StaticString = "r#"
    static let transaction: StaticString = "transaksi"
    static let to: StaticString = "ke"
    static let member: StaticString = "member"
    static let method: StaticString = "method"
    /// Two words: "with amount".
    static let with: StaticString = "dengan"
    static let amount: StaticString = "jumlah"
    /// "Remaining", in front of the balance's label.
    static let remaining: StaticString = "sisa"
    static let currency: StaticString = "rp"

    /// Words that may stand in front of `Transaksi` and `Member` and say nothing of the outcome. Any other word there
    /// could name another act than the order itself, such as its cancellation.
    static let openers: [StaticString] = [
        "proses", "status", "info", "laporan", "detail", "catatan", "tiket", "topup", "top", "up", "deposit", "payment",
        "gateway",
    ]

    /// Words of a payment method's name that are no code.
    static let methodNames: [StaticString] = ["virtual", "account", "bank"]
}

/// What announces the value behind it: a name, and a colon with or without white space in front.
enum TextLabel {
    case price
    /// `SN`, also beside another name: `TOKEN/SN`, `SN/Ref`.
    case serialNumber
    case reason
    case balance
    /// A reference that is not kept.
    case reference

    /// Whether a name without a slash can begin so. Most words of a text are told apart by that.
    static func canBegin(with letter: UInt8) -> Bool {
        switch letter.lowercased {
        case UInt8(ascii: "s"), UInt8(ascii: "k"), UInt8(ascii: "h"), UInt8(ascii: "r"): true
        default: false
        }
    }

    /// The label with the name that stands in `range`, which has no slash.
    init?(_ bytes: [UInt8], _ range: Range<Int>) {
        func isName(_ word: StaticString) -> Bool {
            word.utf8CodeUnitCount == range.count && bytes.hasWord(word, at: range.lowerBound)
        }
        guard let first = range.first.map({ bytes[$0].lowercased }) else { return nil }
        switch first {
        case UInt8(ascii: "s") where isName("sn"): self = .serialNumber
        case UInt8(ascii: "s") where isName("saldo"): self = .balance
        case UInt8(ascii: "k") where isName("ket") || isName("keterangan"): self = .reason
        case UInt8(ascii: "h") where isName("harga") || isName("hrg"): self = .price
        case UInt8(ascii: "r") where isName("ref"): self = .reference
        default: return nil
        }
    }

    /// Whether it comes behind the status word, where the text's own grammar ends and free values begin.
    var endsHead: Bool {
        switch self {
        case .serialNumber, .reason, .balance: true
        case .price, .reference: false
        }
    }
}
