import Formats

/// The outer JSON of a callback.
struct Envelope {
    var refid: String?
    var trxid: String?
    var memberid: String?
    var amount: Int?
    var message: JSONValue?

    init(_ body: [UInt8]) throws(Unreadable) {
        guard body.contains(where: { !$0.isWhiteSpace }) else { throw .empty }
        let value: JSONValue
        do {
            value = try JSONParser.parse(body)
        } catch {
            throw .notJSON(error)
        }
        guard case .object(let members) = value else { throw .notAnObject }
        for member in members {
            switch member.key {
            case "refid": refid = member.value.identifier
            case "trxid": trxid = member.value.identifier
            case "memberid": memberid = member.value.identifier
            case "amount": amount = member.value.rupiah
            case "message": message = member.value
            default: break
            }
        }
    }
}
