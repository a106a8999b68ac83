import Formats
import KHOINS
import Testing

struct MentionedIDTests {
    @Test(
        "An id is made out in what was rejected",
        arguments: [
            (#"{"refid":"KH-1","message":"{\"trxid\":\"KH-2\"}"#, "KH-1"), (#"{"refid":"KH-1"#, "KH-1"),
            (#"{"refid":"KH 1","mess"#, "KH 1"), (#"{'RefID' : ' KH-1 ', x"#, "KH-1"), (#"{"refid":17,"x"#, "17"),
            (#"[{"refid":"KH-1"}]"#, "KH-1"), (#""{\"refid\":\"KH-1\"}""#, "KH-1"), ("refid=KH%2D1&message=x", "KH-1"),
            ("message=x&trxid=KH+1", "KH 1"), (#"{"refid":"","message":"{\\\"trxid\\\":\\\"KH-3\\\"}"#, "KH-3"),
            (#"{"message":"R#KH-4 [1]>>>Transaksi A"#, "KH-4"), (#"{"message":"R#abc-123... SUKSES"#, "abc-123"),
            ("<xml><msg>R#KH-5</msg></xml>", "KH-5"), (#"{"refid":null,"trxid":"KH-6","#, "KH-6"),
            ("{\0\"\0r\0e\0f\0i\0d\0\"\0:\0\"\0K\0H\0-\0\u{37}\0\"\0}\0", "KH-7"),
        ])
    func finds(_ body: String, _ id: String) {
        #expect(MentionedID.trxid(in: Array(body.utf8)) == id)
    }

    @Test(
        "Where none is said, or none that could be a name, there is none",
        arguments: [
            "", "{}", "refid", "refid=", #"{"prefid":"KH-1"}"#, #"{"refid":{}}"#, "R#", "R# x", #"{"refid":"-"}"#,
            "the refid is missing", #"{"refid":"\#(String(repeating: "9", count: 201))"}"#,
        ])
    func findsNone(_ body: String) {
        #expect(MentionedID.trxid(in: Array(body.utf8)) == nil)
    }

    @Test("Bytes that are not UTF-8 make no id")
    func foreignBytes() {
        #expect(MentionedID.trxid(in: Array(#"{"refid":"KH"#.utf8) + [0xFF] + Array(#"1"}"#.utf8)) == nil)
    }
}
