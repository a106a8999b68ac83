import Formats

/// The members that are read, under the names that KHOINS gives them. Those of the envelope and those of the report
/// inside it share their names.
enum MemberKey: CaseIterable {
    case refid
    case trxid
    case memberid
    case destination
    case amount
    case status
    case serialNumber
    case text

    /// The key of that name, in any case; `nil` for one that is not read.
    init?(_ name: String) {
        var name = name
        guard let key = name.withUTF8(Self.key) else { return nil }
        self = key
    }

    /// The same for the bytes of a name.
    init?(_ name: ArraySlice<UInt8>) {
        guard let key = name.withUnsafeBufferPointer(Self.key) else { return nil }
        self = key
    }

    private static func key(_ name: UnsafeBufferPointer<UInt8>) -> MemberKey? {
        switch name.count {
        case 2: name.isWord("sn") ? .serialNumber : nil
        case 5: name.isWord("refid") ? .refid : name.isWord("trxid") ? .trxid : nil
        case 6:
            name.isWord("status")
                ? .status : name.isWord("tujuan") ? .destination : name.isWord("amount") ? .amount : nil
        case 7: name.isWord("message") ? .text : nil
        case 8: name.isWord("memberid") ? .memberid : nil
        case 12: name.isWord("serialnumber") ? .serialNumber : nil
        default: nil
        }
    }
}
