import Formats
import Glibc
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

@testable import khoins_callback

@Suite("list")
struct ListTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    @Test("shows what got its status last first, each record once")
    func table() throws {
        try scratch.storeDay()
        let before = try scratch.snapshot()
        let expected = """
            TIME                     STATUS   ID          PRODUCT  DESTINATION  RUPIAH  SERIAL NUMBER OR REASON
            2026-11-22 15:06:00 WIB  Gagal    KH-9001     TH10     0812000112           Dikembalikan (reversed)
            2026-11-22 15:04:00 WIB  Success  KH-9004     TH10     0812000111   10.155  1234-5678/CAFÉ 😀/R1
            2026-11-22 15:03:00 WIB  Success  goodlink+9  top-up   goodlink     50.000
            2026-11-22 15:02:00 WIB  Pending  KH-9003     TH10     0812000113
            2026-11-21 15:01:00 WIB  Gagal    KH-9002     TH10     0812000112           Nomor salah

            """
        #expect(try program.run("list") == Ending(status: 0, output: expected, errors: ""))
        #expect(try scratch.snapshot() == before)
        try scratch.verify()
    }

    private func ids(_ arguments: String...) throws -> [String] {
        let ending = try program.start(["list", "--json"] + arguments).ending()
        #expect(ending.status == 0 && ending.errors == "")
        return try ending.output.split(separator: "\n").map { line in
            let value = try JSONParser.parse(Array(line.utf8))
            return value["trxid"]?.string ?? ""
        }
    }

    @Test("takes what is wanted only")
    func filters() throws {
        try scratch.storeDay()
        #expect(try ids() == ["KH-9001", "KH-9004", "9", "KH-9003", "KH-9002"])
        #expect(try ids("--limit", "2") == ["KH-9001", "KH-9004"])
        #expect(try ids("--kind", "top-up") == ["9"])
        #expect(try ids("--kind", "transaction", "--limit", "1") == ["KH-9001"])
        #expect(try ids("--status", "FAILED") == ["KH-9001", "KH-9002"])
        #expect(try ids("--status", "menunggu") == ["KH-9003"])
        #expect(try ids("--status", "sukses", "--status", "proses") == ["KH-9004", "9", "KH-9003"])
        #expect(try ids("--since", "2026-11-22 15:03") == ["KH-9001", "KH-9004", "9"])
        // The order of 21 November became a failure on the 22nd, but was heard of before.
        #expect(try ids("--older-than", "2026-11-22") == ["KH-9001", "KH-9002"])
        #expect(try ids("--status", "Unknown") == [])
        #expect(try ids("--until", "2026-11-21") == ["KH-9002"])
        #expect(try ids("--since", "2026-11-22", "--until", "2026-11-22 15:04") == ["9", "KH-9003"])
        #expect(try ids("--product", "th10", "--status", "sukses") == ["KH-9004"])
        #expect(try ids("--destination", "0812 000-112") == ["KH-9001", "KH-9002"])
        #expect(try ids("--search", "12345678") == ["KH-9004"])
        #expect(try ids("--search", "café") == ["KH-9004"])
        #expect(try ids("--search", "goodlink") == ["9"])
        #expect(try ids("--search", "kh-900", "--limit", "2") == ["KH-9001", "KH-9004"])
        #expect(try ids("--search", "nowhere") == [])
    }

    @Test("says how far a search went, and how it goes further")
    func reach() {
        var reach = RecordSearch.Reach()
        reach.looked = 40_000
        reach.oldest = Timestamp(iso8601: "2026-11-22T08:18:33.123Z")
        #expect(List.sentence(reach, .wib) == nil)
        reach.isCut = true
        let sentence =
            "looked at 40.000 records, back to 2026-11-22 15:18:33 WIB: "
            + "--until “2026-11-22 15:18:34” looks further back, --all at all there are"
        #expect(List.sentence(reach, .wib) == sentence)
    }

    @Test("tells the columns that were asked for")
    func columns() throws {
        try scratch.storeDay()
        let table = try program.run("list", "--columns", "trxid,Price", "--status", "sukses", "--kind", "transaction")
        #expect(table == Ending(status: 0, output: "TRXID    PRICE\nKH-9004  10155\n", errors: ""))
        let csv = try program.run(
            "list", "--csv", "--columns", "trxid,destination", "--status", "sukses", "--kind", "transaction")
        #expect(csv.output == "\u{FEFF}trxid,destination\r\nKH-9004,'0812000111\r\n")
    }

    @Test(
        "refuses what cannot be meant",
        arguments: [
            ["--columns", "nothing"], ["--columns", ""], ["--columns", "trxid", "--json"], ["--search", "ab"],
            ["--kind", "rejected", "--search", "abc"],
        ])
    func refusesOptions(_ arguments: [String]) throws {
        let ending = try program.start(["list"] + arguments).ending()
        #expect(ending.status == 64 && ending.output == "" && ending.errors.contains("Usage:"))
    }

    @Test("names the ones to ask KHOINS about")
    func pendingTooLong() throws {
        let now = Timestamp.now.microseconds
        func delivery(_ body: [UInt8], minutesAgo: Int64) -> Delivery {
            Delivery(
                body: body, receivedAt: Timestamp(microseconds: now - minutesAgo * 60_000_000), remoteAddress: "")
        }
        try scratch.store([
            delivery(Body.pending("KH-OLD"), minutesAgo: 30), delivery(Body.pending("KH-ANSWERED"), minutesAgo: 20),
            delivery(Body.success("KH-ANSWERED"), minutesAgo: 19), delivery(Body.pending("KH-NEW"), minutesAgo: 2),
            // Told once more to be pending, this one is waited for no shorter.
            delivery(Body.pending("KH-OLD") + [0x20], minutesAgo: 1),
        ])
        #expect(try ids("--status", "Pending", "--older-than", "10m") == ["KH-OLD"])
        #expect(try ids("--status", "Pending", "--since", "10m") == ["KH-OLD", "KH-NEW"])
    }

    @Test("prints each record's own JSON, one a line")
    func json() throws {
        try scratch.storeDay()
        let ending = try program.run("list", "--json", "--limit", "1", "--status", "Pending")
        let expected = """
            {"trxid":"KH-9003","status":"Pending","kind":"transaction","product":"TH10","destination":"0812000113",\
            "providerStatus":"Proses","text":"R#KH-9003 Transaksi TH10 ke 0812000113 masih diproses",\
            "receivedAt":"2026-11-22T08:02:00.000Z","deliveries":[
            """
        #expect(ending.output.hasPrefix(expected))
        #expect(ending.output.hasSuffix("\"schema\":2}\n"))
    }

    @Test("prints CSV that a spreadsheet opens as it is")
    func csv() throws {
        try scratch.storeDay()
        try scratch.store([
            Delivery(Body.failure("=cmd|' /C calc'!A0", reason: "a, \"b\""), at: "2026-11-22T08:08:00.000Z")
        ])
        let ending = try program.run("list", "--csv", "--limit", "4")
        let header =
            "\u{FEFF}time,zone,receivedAt,status,kind,trxid,memberid,product,destination,price,amount,balance,"
            + "serialNumber,reason,providerStatus,providerTime,damaged,reversed,deliveries,file,unclear"
        let lines = [
            header,
            "2026-11-22 15:08:00,WIB,2026-11-22T08:08:00.000Z,Gagal,transaction,'=cmd|' /C calc'!A0,,"
                + "TH10,'0812000112,,,,,\"a, \"\"b\"\"\",,,,,1,transactions/%3Dcmd%7C%27%20%2FC%20calc%27%21A0.json,",
            "2026-11-22 15:06:00,WIB,2026-11-22T08:06:00.000Z,Gagal,transaction,KH-9001,,TH10,'0812000112,,,,,"
                + "Dikembalikan,,,,yes,2,transactions/KH-9001.json,",
            "2026-11-22 15:04:00,WIB,2026-11-22T08:04:00.000Z,Success,transaction,KH-9004,,TH10,'0812000111,10155,,"
                + "1449645223,1234-5678/CAFÉ 😀/R1,,,2026-11-22T15:18:32+07:00,,,2,transactions/KH-9004.json,",
            "2026-11-22 15:03:00,WIB,2026-11-22T08:03:00.000Z,Success,topup,9,goodlink,,,,50000,-9858221,,,,,,,1,"
                + "topups/goodlink+9.json,",
        ]
        #expect(ending == Ending(status: 0, output: lines.map { $0 + "\r\n" }.joined(), errors: ""))
    }

    @Test("shows and finds what is unclear, reversed or damaged")
    func marks() throws {
        try scratch.storeDay()
        let unreadable = Body.around([("refid", "KH-9004")], message: [("status", "TERTUNDA BESAR"), ("message", "?")])
        try scratch.store([
            Delivery(unreadable, at: "2026-11-22T08:09:00.000Z"),
            Delivery(Array(#"{"refid":"KH-9005","message":"{\"status\":"}"#.utf8), at: "2026-11-22T08:10:00.000Z"),
        ])
        #expect(try ids("--status", "unclear") == ["KH-9004"])
        #expect(try ids("--status", "UNCLEAR", "--kind", "topup") == [])
        #expect(try ids("--status", "reversed") == ["KH-9001"])
        #expect(try ids("--status", "damaged") == ["KH-9005"])
        #expect(try ids("--status", "unclear", "--status", "pending") == ["KH-9004", "KH-9003"])
        let table = try program.run("list", "--status", "unclear").output
        #expect(table.contains("Success  KH-9004") && table.contains("/R1 (unclear)"))
        #expect(try program.run("list", "--csv", "--status", "unclear").output.hasSuffix("KH-9004.json,yes\r\n"))
        let sheet = try program.run("show", "KH-9004").output
        #expect(sheet.contains("\nunclear       yes") && sheet.contains("something newer came that could not be read"))
        #expect(try program.run("show", "KH-9004", "--json").output.contains("\n  \"unclear\": true,\n"))
        #expect(try program.run("stats").output.contains("\nunclear       1; `list --status unclear` shows them\n"))
        #expect(try program.run("stats", "--json").output.contains("\n{\"type\":\"unclear\",\"count\":1}\n"))
        try scratch.store([Delivery(Body.success("KH-9004"), at: "2026-11-22T08:11:00.000Z")])
        #expect(try ids("--status", "unclear") == [])
    }

    @Test("is not ended by numbers that somebody has written into a record")
    func edited() throws {
        try scratch.storeDay()
        let path = "data/transactions/KH-9004.json"
        let text = String(decoding: try scratch.read(path), as: UTF8.self)
        let most = String(Int.max)
        let edited = text.replacing(#""count": 1"#, with: "\"count\": \(most)")
            .replacing(#""price": 10155"#, with: "\"price\": \(most)")
            .replacing(#""schema""#, with: "\"omittedDeliveries\": \(most),\n  \"schema\"")
        #expect(edited != text)
        try scratch.write(edited.utf8, to: path)
        let second = String(decoding: try scratch.read("data/topups/goodlink+9.json"), as: UTF8.self)
        try scratch.write(second.replacing("50000", with: most).utf8, to: "data/topups/goodlink+9.json")
        for command in ["list", "list --csv", "show KH-9004", "stats", "stats --json", "verify", "follow --once"] {
            let status = try program.start(command.split(separator: " ").map(String.init)).ending().status
            #expect(status == 0 || status == 1, "\(command)")
        }
        try scratch.store([
            Delivery(Body.success("KH-9004", sn: "1234-5678/CAFÉ 😀/R1"), at: "2026-11-22T08:12:00.000Z")
        ])
        #expect(try program.run("archive", "--older-than", "0s").status == 0)
    }

    @Test("says that a record is missing or damaged, and shows the others")
    func damaged() throws {
        try scratch.storeDay()
        scratch.leavesDamage()
        try scratch.write(Array("{".utf8), to: "data/transactions/KH-9001.json")
        let ending = try program.run("list", "--limit", "1")
        #expect(ending.status == 1)
        #expect(ending.output.contains("KH-9004") && !ending.output.contains("KH-9001"))
        let words = "khoins-callback: transactions/KH-9001.json is damaged, and is left out\n"
        #expect(ending.errors == words)
    }

    @Test("finds its way back through many journal blocks, and through a damaged stretch")
    func longJournal() throws {
        try scratch.store((0..<2000).map { Delivery(Body.success("KH-\($0)"), at: "2026-11-22T08:00:00.000Z") })
        #expect(try ids("--all") == (0..<2000).reversed().map { "KH-\($0)" })
        scratch.leavesDamage()
        let name = try scratch.names("data/journal").last ?? ""
        var bytes = try scratch.read("data/journal/\(name)")
        let middle = bytes.count / 2
        bytes.replaceSubrange(middle..<(middle + 4096), with: [UInt8](repeating: 0, count: 4096))
        try scratch.write(bytes, to: "data/journal/\(name)")
        // What stood there is told by the records' own files.
        let found = try program.run("list", "--all", "--csv", "--columns", "trxid")
        #expect(found.status == 1)
        let ids = found.output.split(whereSeparator: \.isNewline).dropFirst()
        #expect(Array(ids) == (0..<2000).reversed().map { "KH-\($0)" })
    }

    @Test(
        "has a record whose line in the journal is damaged in its place, names the line, and exits with 1",
        arguments: [[], ["--all"], ["--json"], ["--status", "pending"], ["--search", "KH-3"]], 1...5)
    func damagedLine(_ arguments: [String], _ line: Int) throws {
        try scratch.store((1...5).map { .test("KH-\($0)", "Pending", at: .test($0)) })
        scratch.leavesDamage()
        let whole = try program.start(["list"] + arguments).ending()
        #expect(whole.status == 0 && whole.errors == "")
        try scratch.damageLine(line)
        let ending = try program.start(["list"] + arguments).ending()
        #expect(ending.status == 1 && ending.output == whole.output, "\(ending)")
        let words = " are no whole line in the journal: what stood there is passed over\n"
        #expect(ending.errors.contains(words), "\(ending)")
    }

    @Test("exits with 1 where a record is missing, which it says")
    func missing() throws {
        try scratch.storeDay()
        scratch.leavesDamage()
        unlink(scratch.file("data/transactions/KH-9003.json"))
        let ending = try program.run("list")
        #expect(ending.status == 1 && ending.output.contains("KH-9004") && !ending.output.contains("KH-9003"))
        #expect(ending.errors == "khoins-callback: 1 missing left out: `khoins-callback verify` says which\n")
    }

    @Test("goes on where something else lies in the archive's place, and names it")
    func noArchive() throws {
        try scratch.storeDay()
        scratch.leavesDamage()
        let whole = try program.run("list", "--all")
        try scratch.write("x".utf8, to: "data/archive")
        let ending = try program.run("list", "--all")
        #expect(ending.status == 1 && ending.output == whole.output, "\(ending)")
        #expect(ending.errors == "khoins-callback: archive cannot be read, and is left out\n")
        let verify = try program.run("verify")
        #expect(verify.status == 1 && verify.output.hasPrefix("archive\tarchive\tit is no directory"), "\(verify)")
        // A callback of a new id has to be looked for there.
        let status = try program.run("status")
        #expect(status.status == 2 && status.output.contains("cannot be stored: "), "\(status)")
    }

    @Test("needs no right to write, and makes nothing", .enabled(if: ServerUser.isRoot))
    func readOnly() throws {
        try scratch.storeDay()
        let before = try scratch.snapshot()
        try scratch.allowReading()
        let reader: UInt32 = 65_534
        #expect(try program.run("list", "--limit", "1", user: reader).status == 0)
        #expect(try program.run("show", "KH-9001", user: reader).status == 0)
        #expect(try program.run("stats", user: reader).status == 0)
        #expect(try Set(scratch.snapshot().keys) == Set(before.keys))
    }

    @Test("of nothing says so, and makes nothing")
    func nothing() throws {
        try scratch.makeDataDirectory()
        let words = "khoins-callback: \(scratch.data.path) holds no callbacks yet\n"
        #expect(try program.run("list") == Ending(status: 0, output: "", errors: words))
        #expect(try scratch.names("data") == [])
    }
}

@Suite("list, where there is much")
struct LongListTests {
    @Test(
        "shows 20 and says that there are more, unless somebody chose the number",
        arguments: [[], ["--kind", "rejected"]])
    func more(_ kind: [String]) throws {
        let scratch = try Scratch(.plain)
        let program = Program(scratch)
        let isRejected = !kind.isEmpty
        func store(_ numbers: Range<Int>) throws {
            try scratch.store(
                numbers.map {
                    Delivery(
                        isRejected ? Array("no callback \($0)".utf8) : Body.success("KH-\($0)"),
                        at: "2026-11-22T08:00:\($0 + 10).000Z")
                })
        }
        func listed(_ arguments: String...) throws -> (count: Int, errors: String) {
            let ending = try program.start(["list", "--json"] + kind + arguments).ending()
            return (ending.output.split(separator: "\n").count, ending.errors)
        }
        try store(0..<20)
        #expect(try listed() == (20, ""))
        try store(20..<25)
        let words = "khoins-callback: there are more than these 20: --limit or --all shows them\n"
        #expect(try listed() == (20, words))
        #expect(try listed("--limit", "20") == (20, ""))
        #expect(try listed("--limit", "22") == (22, ""))
        #expect(try listed("--all") == (25, ""))
    }
}
