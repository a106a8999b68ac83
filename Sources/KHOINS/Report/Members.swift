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
        for member in members {
            switch MemberKey(member.key) {
            case .refid: refid.add(member.value.identifier, spelling: member.key)
            case .trxid: trxid.add(member.value.identifier, spelling: member.key)
            case .memberid: memberid.add(member.value.identifier, spelling: member.key)
            case .destination: destination.add(member.value.identifier, spelling: member.key)
            case .amount: amount.add(member.value.rupiah, spelling: member.key)
            case .status: status.add(status: member.value.string.flatMap(Self.readableWord))
            case .serialNumber:
                serialNumber.add(
                    member.value.identifier.flatMap { Placeholder.value($0.utf8) }, spelling: member.key)
            case .text: text.add(member.value, spelling: member.key)
            case nil: break
            }
        }
    }

    /// A status word that can be told from others; `nil` for a placeholder, and for bytes that were not UTF-8.
    static func readableWord(_ word: String) -> String? {
        Placeholder.isOne(word.utf8.trimmingWhiteSpace) || word.hasReplacements ? nil : word
    }
}
