import Formats
import FoundationEssentials

enum Base64 {
    static func encoded(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}

enum PercentEncoding {
    /// All but the unreserved characters encoded (RFC 3986, section 2.3).
    static func encoded(_ text: String) -> String {
        var encoded = ByteBuffer(capacity: 3 * text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"),
                UInt8(ascii: "."):
                encoded.append(byte)
            default:
                encoded.append(UInt8(ascii: "%"))
                encoded.append(HexDigits.upper[Int(byte >> 4)])
                encoded.append(HexDigits.upper[Int(byte & 15)])
            }
        }
        return encoded.text
    }
}
