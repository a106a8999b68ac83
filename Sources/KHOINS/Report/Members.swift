import Formats

/// The members of one JSON object, the envelope's or the report's, as far as they are read.
struct Members {
    var refid = Claim<String>()
    var trxid = Claim<String>()
    var memberid = Claim<String>()
    var destination = Claim<String>()
    var amount = Claim<Int>()
    var status = Claim<String>()
    var serialNumber = Claim<String>()
    var text = Claim<JSONValue>()

    init(_ members: [JSONValue.Member]) {
        for (place, member) in members.enumerated() {
            let value = member.value
            switch MemberKey(member.key) {
            case .refid: refid.add(value.identifier, at: place, of: members)
            case .trxid: trxid.add(value.identifier, at: place, of: members)
            case .memberid: memberid.add(value.identifier, at: place, of: members)
            case .destination: destination.add(value.identifier, at: place, of: members)
            case .amount: amount.add(value.rupiah, at: place, of: members)
            case .status: status.add(status: value.string.flatMap(Self.readableWord))
            case .serialNumber:
                serialNumber.add(
                    value.identifier.flatMap { Placeholder.value($0.utf8) }, at: place, of: members)
            case .text: text.add(value, at: place, of: members)
            case nil: break
            }
        }
    }

    /// A status word that can be told from others; `nil` for a placeholder, and for bytes that were not UTF-8.
    static func readableWord(_ word: String) -> String? {
        Placeholder.isOne(word.utf8.trimmingWhiteSpace) || word.hasReplacements ? nil : word
    }
}
