import Formats
import KHOINS
import Testing

/// What stands around a report may be damaged too.
struct EnvelopeTests {
    static let inner =
        #"{"tujuan":"08","trxid":"KH-1","status":"Gagal","message":"R#KH-1 Transaksi A ke 08 GAGAL. ket: x"}"#
    static let escaped = inner.replacing("\"", with: "\\\"")
    static let intact = #"{"refid":"KH-1","message":"\#(escaped)"}"#

    @Test(
        "An id without doubt files a damaged envelope",
        arguments: [
            intact + "\0\0", "\u{FEFF}\u{FEFF}" + intact, intact + "}", intact + ",", intact + "\r\n0\r\n\r\n",
            "1f4\r\n" + intact, "<b>Notice</b>: Undefined variable $x in callback.php\n" + intact, "data=" + intact,
            "callback(" + intact + ");", "\0" + intact, intact + "OK",
            #"{"refid":"KH-1",,"message":"\#(escaped)",}"#,
            "{\"refid\":\"KH-1\",\"x\":\"a\nb\tc\u{1}\",\"message\":\"\(escaped)\"}",
            #"{"refid":"KH-1","x":"\'\q\u12","message":"\#(escaped)"}"#,
            #"{"refid":"KH-1","message":"\#(inner)"}"#, #"{"message":"\#(inner)","refid":"KH-1"}"#,
            #"{"message":"\#(inner)"}"#, #"{"refid":"KH-1" "message":"\#(escaped)"}"#,
            #"{"refid":"KH-1,"message":"\#(escaped)"}"#, #"{"refid":KH-1,"message":"\#(escaped)"}"#,
            #"{'refid':'KH-1','message':'\#(escaped)'}"#, #"{'RefId':'KH-1','Message':'\#(inner)'}"#,
            #"{refid":"KH-1","message":"\#(escaped)"}"#, #"{"refid":"KH-1","message":\#(inner)"#,
            intact.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""),
            "{\n\"refid\": \"KH-1\",\n\"message\": \"{\n\"trxid\": \"KH-1\",\n\"status\": \"Gagal\"\n}\"\n}",
            #"{"trxid":"KH-1","memberid":"m","message":"\#(inner)"}"#,
            #"{"memberid":"m","message":"\#(inner)","refid":"KH-1"}"#,
        ])
    func files(_ body: String) throws {
        let callback = try read(body)
        #expect((callback.kind, callback.trxid) == (.transaction, "KH-1"))
        #expect((callback.status, callback.damaged) == (.failed, true))
    }

    @Test("A body that comes twice in one is read as the one that it is", arguments: ["", "\r\n", "\r\n" + intact])
    func readsRepeats(_ between: String) throws {
        let once = try read(Self.intact)
        let callback = try read(Self.intact + between + Self.intact)
        #expect((callback.status, callback.reason, callback.text) == (once.status, once.reason, once.text))
        #expect(callback.damaged)
    }

    @Test(
        "The start of an envelope is enough where its id is there",
        arguments: [
            (#"{"refid":"KH-1","#, .unknown), (#"{"refid":"KH-1","message":"{\"trxid\":\"KH-1\",\"sta"#, .unknown),
            (#"{"refid":"KH-1","message":"{\"trxid\":\"KH-1\",\"status\":\"Gagal\",\"mess"#, .failed),
            (#"{"refid":"KH-1","message":"\#(inner.dropLast(4))"#, .failed), (#"{"refid":17,"mess"#, .unknown),
            (#"{"trxid":"KH-1","status":"Gagal","message":"{"#, .failed),
        ] as [(String, Status)])
    func filesCutOnes(_ body: String, _ status: Status) throws {
        let callback = try read(body)
        #expect(callback.trxid == (body.contains("17") ? "17" : "KH-1"))
        #expect((callback.status, callback.damaged) == (status, true))
    }

    @Test(
        "An id in doubt files nothing",
        arguments: [
            // Cut off, or the next member's quote.
            #"{"refid":"KH-1"#, #"{"refid":"KH-1""#, #"{"refid":KH-1"#, #"{"refid":17"#,
            #"{"refid":"KH-1,"message":"x"}"#,
            #"{"refid":"KH-1,"#, #"{"refid":"KH-1,",  "#,
            // Ids that disagree.
            #"{"refid":"KH-1","message":"{"trxid":"KH-2","status":"Gagal"}"}"#,
            #"{"refid":"KH-1","message":"{\"trxid\":\"KH-2\",\"status\":\"Gagal\"}",}"#,
            #"{"refid":"KH-1","message":"R#KH-10 Transaksi A ke 08 GAGAL. ket: x",}"#,
            #"{"refid":"KH-10","message":"R#KH-1 Transaksi A ke 08 GAGAL. ket: x",}"#,
            #"{"refid":"KH-1","RefID":"KH-2","message":"x",}"#, #"{"refid":"KH-1","trxid":"KH-2","message":"x",}"#,
            #"{"refid":"KH-1,"message":"{\"trxid\":\"KH-2\"}"}"#,
            // Two callbacks in one body.
            intact + intact.replacing("KH-1", with: "KH-2"), intact + "\n{\"refid\":\"KH-2\"}",
            #"{"refid":"KH-1"}{"refid":"KH-2"}"#, "refid=KH-2&message=" + intact,
            #"{"refid":"KH-1","message":"\#(inner)"}{"refid":"KH-2","message":"\#(inner)"}"#,
            // An id inside a quoted answer.
            #"{"message":"GAGAL. ket: {"rc":"14","refid":"OP-9"}"}"#,
            #"{"message":"GAGAL. ket: {\"rc\":\"14\",\"trxid\":\"OP-9\"}",}"#,
            #"{\\"message\\":\\"GAGAL. ket: {'rc':'14','trxid':'OP-9'}\\"}"#,
            // The text's own, where quotes cannot be trusted.
            #"{"message":"R#KH-1 Transaksi "A ke 08 GAGAL. ket: x"}"#,
            // A top-up whose id, or kind, may be missing.
            #"{"memberid":"m","amount":5,"message":"x","#, #"{"memberid":"m","trxid":9"#,
            #"{"memberid":"m,"amount":5,"message":"x"}"#, #"{"memberid":"m","refid":"KH-1,"message":"x"}"#,
            #"{"memberid":"m","message":"{"memberid":"n","status":"Success"}"}"#,
        ])
    func rejects(_ body: String) throws {
        let error = #expect(throws: Unreadable.self) { try read(body) }
        guard case .notJSON? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A top-up's envelope is read as tolerantly", arguments: ["\0", ",", "}"])
    func filesTopups(_ end: String) throws {
        let callback = try read(
            #"{"memberid":"m","amount":"5.000","trxid":9,"message":"{\"status\":\"Success\"}"}"# + end)
        #expect((callback.kind, callback.trxid, callback.memberid) == (.topup, "9", "m"))
        #expect((callback.status, callback.amount, callback.damaged) == (.success, 5000, true))
    }

    @Test("Bytes that are not UTF-8 are damage, and in an id they are doubt")
    func foreignBytes() throws {
        let start = Array(#"{"refid":"KH"#.utf8)
        let latin = start + Array(#"-1","message":"{\"status\":\"Gagal\",\"message\":\"Caf"#.utf8) + [0xE9]
        let callback = try CallbackReader.read(latin + Array(#"\"}"}"#.utf8), arrival: .arrival)
        #expect((callback.status, callback.text, callback.damaged) == (.failed, "Caf\u{FFFD}", true))
        #expect(throws: Unreadable.invalidID) {
            try CallbackReader.read(start + [0xE9] + Array(#"","message":"x"}"#.utf8), arrival: .arrival)
        }
        #expect(throws: Unreadable.invalidID) {
            try CallbackReader.read(start + [0xE9] + Array(#"","message":"x",}"#.utf8), arrival: .arrival)
        }
    }

    @Test("One byte order mark, keys in another case and their order are no damage")
    func noDamage() throws {
        let bodies = [
            "\u{FEFF}" + Self.intact,
            Self.intact.replacing("refid", with: "REFID").replacing("message", with: "Message"),
            #"{"message":"\#(Self.escaped)","refid":"KH-1"}"#,
        ]
        for body in bodies {
            let callback = try read(body)
            #expect((callback.trxid, callback.status, callback.damaged) == ("KH-1", .failed, false))
        }
    }

    @Test("An apostrophe may be escaped, and unknown escapes stay", arguments: [",", ""])
    func apostrophes(_ comma: String) throws {
        let text = #"R#1 Transaksi A ke 08 GAGAL. ket: MA\'RUF \q"#
        let body = #"{"refid":"1","message":"{\"status\":\"Gagal\",\"message\":\"\#(text)\"}"\#(comma)}"#
        #expect(try read(body).reason == #"MA'RUF \q"#)
    }
}
