import Formats
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

@Suite("show")
struct ShowTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    @Test("explains each field, and lists the deliveries")
    func sheet() throws {
        try scratch.storeDay()
        let expected = """
            trxid         KH-9004                    the id that the order was sent with
            status        Success                    final: delivered
            kind          transaction                an order of yours
            serialNumber  1234-5678/CAFÉ 😀/R1       the SN, which is what the customer paid for
            product       TH10                       the product's code
            destination   0812000111                 where it went
            price         Rp10.155                   what it cost you
            balance       Rp1.449.645.223            your balance afterwards
            providerTime  2026-11-22 15:18:32 WIB    when KHOINS did it, by its own clock
            receivedAt    2026-11-22 15:04:00 WIB    when this status came
            file          transactions/KH-9004.json  in the data directory

            text: R#KH-9004 [18134]>>>Transaksi TH10 ke 0812000111 Harga:10.155 SUKSES. SN: 1234-5678/CAFÉ 😀/R1. \
            Saldo: 1.449.645.223#@22/11 15:18:32

            RECEIVED                 FROM          STATUS   TIMES  LAST RECEIVED            BYTES
            2026-11-22 15:04:00 WIB  182.23.3.230  Success      2  2026-11-22 15:05:00 WIB    256

            """
        #expect(try program.run("show", "KH-9004") == Ending(status: 0, output: expected, errors: ""))
    }

    @Test("says what was reversed, expected, damaged")
    func oddities() throws {
        try scratch.storeDay()
        let reversed = "reversed     yes                        another final status stood here before\n"
        #expect(try program.run("show", "KH-9001").output.contains(reversed))
        let noted = Timestamp(microseconds: Timestamp.now.microseconds - 13_000_000)
        let ledger = Ledger(path: scratch.data.path)
        let expectation = Expectation(trxid: "KH-1", product: "TH5", destination: nil, notedAt: noted)
        _ = ledger.commit([Submission(expectation)])
        let answer = Delivery(
            body: Body.success("KH-1"), receivedAt: Timestamp(microseconds: noted.microseconds + 13_000_000),
            remoteAddress: "")
        try scratch.store([answer])
        #expect(try program.run("show", "KH-1").output.contains("when the order was noted, 13 s before the status\n"))
        let damaged = #"{"refid":"KH-2","message":"{\"status\":\"Success\",\"mess"}"#
        try scratch.store([Delivery(Array(damaged.utf8), at: "2026-11-22T08:00:00Z")])
        #expect(try program.run("show", "KH-2").output.contains("not all could be read; see --raw for what came\n"))
    }

    @Test("prints the file's bytes with --json, and the bodies with --raw")
    func bytes() throws {
        try scratch.storeDay()
        let file = String(decoding: try scratch.read("data/transactions/KH-9001.json"), as: UTF8.self)
        #expect(try program.run("show", "KH-9001", "--json") == Ending(status: 0, output: file, errors: ""))
        let bodies = [Body.success("KH-9001"), Body.failure("KH-9001", reason: "Dikembalikan")]
            .map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
        #expect(try program.run("show", "KH-9001", "--raw") == Ending(status: 0, output: bodies, errors: ""))
    }

    @Test(
        "finds a top-up by its ID, its file, its trxid and its member",
        arguments: ["goodlink+9", "goodlink+9.json", "topups/goodlink+9.json", "9", "goodlink"])
    func topup(word: String) throws {
        try scratch.storeDay()
        let ending = try program.run("show", word)
        #expect(ending.status == 0 && ending.errors == "")
        #expect(ending.output.hasPrefix("trxid       9                        KHOINS's own id of the top-up\n"))
        #expect(ending.output.contains("balance     Rp-9.858.221             your balance afterwards\n"))
    }

    @Test("takes a word for a transaction's id before anything else")
    func transactionFirst() throws {
        try scratch.storeDay()
        try scratch.store([Delivery(Body.success("9"), at: "2026-11-22T09:00:00Z")])
        #expect(try program.run("show", "9").output.contains("transactions/9.json"))
    }

    @Test("lists what a word can mean")
    func ambiguous() throws {
        try scratch.storeDay()
        try scratch.store([
            Delivery(Body.topup("goodlink", id: "10", amount: "70000"), at: "2026-11-22T09:00:00Z"),
            Delivery(Body.topup("other", id: "9", amount: "70000"), at: "2026-11-22T09:00:00Z"),
        ])
        let words = "khoins-callback: “goodlink” is 2 top-ups; show one of them by its ID:\n"
        let choices = """
            ID           TIME                     STATUS   RUPIAH
            goodlink+10  2026-11-22 16:00:00 WIB  Success  70.000
            goodlink+9   2026-11-22 15:03:00 WIB  Success  50.000

            """
        let ending = try program.run("show", "goodlink")
        #expect(ending == Ending(status: 1, output: "", errors: words + choices), "\(ending)")
        #expect(try program.run("show", "9").errors.contains(/\nother\+9 .*\ngoodlink\+9 .*\n$/))
    }

    @Test(
        "says that there is nothing, and never looks outside",
        arguments: [
            "KH-1", "../transactions/KH-9001", "transactions/../journal", ".lock", "journal/.lock", "\u{1b}[2J",
        ])
    func missing(word: String) throws {
        try scratch.storeDay()
        let shown = word.replacing("\u{1b}", with: #"\u{1b}"#)
        let words = "khoins-callback: there is no transaction and no top-up “\(shown)”\n"
        #expect(try program.run("show", word) == Ending(status: 1, output: "", errors: words))
    }

    @Test("shows a record that was edited, and says so")
    func edited() throws {
        scratch.leavesDamage()
        try scratch.storeDay()
        let name = "data/transactions/KH-9001.json"
        let text = String(decoding: try scratch.read(name), as: UTF8.self)
        try scratch.write(text.replacing(#""Gagal""#, with: #" "Gagal""#).utf8, to: name)
        let ending = try program.run("show", "KH-9001")
        #expect(ending.status == 0 && ending.output.contains("Dikembalikan"))
        let words =
            "khoins-callback: transactions/KH-9001.json is damaged or was edited: `khoins-callback verify` says more\n"
        #expect(ending.errors == words)
        try scratch.write("{".utf8, to: name)
        #expect(try program.run("show", "KH-9001") == Ending(status: 1, output: "", errors: words))
    }
}
