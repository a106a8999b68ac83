import Formats
import Glibc
import Journal
import KHOINS
import Ledger
import System
import TestSupport
import Testing

@testable import Operations
@testable import khoins_callback

@Suite("import")
struct ImportTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    /// A line as nginx writes it with `escape=json`.
    private func line(_ body: [UInt8], time: String = "2026-11-22T15:00:00+07:00", status: String = "502") -> [UInt8] {
        var writer = JSONWriter()
        writer.string(body)
        let head = #"{"time":"\#(time)","remote_addr":"182.23.3.230","status":\#(status),"body":"#
        return Array(head.utf8) + writer.bytes + Array("}\n".utf8)
    }

    private func counts(_ counts: (String, Int)...) -> String {
        let lines = counts.map { "\($0.1)  \($0.0)\n" }
        return lines.joined()
    }

    @Test("takes in what nginx logged, with its time and address; twice adds nothing but counts")
    func twice() throws {
        let log =
            line(Body.success("KH-1")) + line(Body.failure("KH-2")) + line(Body.failure("KH-1"))
            + line(Body.success("KH-1"))
        let path = try scratch.write(log, to: "bodies.log")
        let first = counts(
            ("created", 2), ("updated", 1), ("there already", 1), ("no callback, kept under rejected/", 0))
        #expect(try program.run("import", path) == Ending(status: 0, output: first, errors: ""))
        let record = try JSONParser.parse(scratch.read("data/transactions/KH-2.json"))
        #expect(record["receivedAt"]?.string == "2026-11-22T08:00:00.000Z")
        #expect(record["deliveries"]?.array?.first?["remoteAddress"]?.string == "182.23.3.230")

        let names = try scratch.names("data/transactions")
        let list = try program.run("list")
        let second = counts(
            ("created", 0), ("updated", 0), ("there already", 4), ("no callback, kept under rejected/", 0))
        #expect(try program.run("import", path) == Ending(status: 0, output: second, errors: ""))
        #expect(try scratch.names("data/transactions") == names)
        #expect(try program.run("list") == list)
        try scratch.verify()
    }

    @Test("prints a line for each that it takes in, before the counts, where that is asked for")
    func verbose() throws {
        let log =
            line(Body.success("KH-1")) + line(Body.failure("KH-2"), time: "2026-11-22T15:01:00+07:00")
            + line(Body.failure("KH-1")) + line(Body.success("KH-1")) + line(Body.success("KH-3"), status: "200")
            + line(Array("no callback".utf8)) + line(Body.topup("goodlink", id: "9", amount: "50000"))
        let path = try scratch.write(log, to: "bodies.log")
        let listing = """
                   1  2026-11-22 15:00:00  KH-1                      Success     created
                   2  2026-11-22 15:01:00  KH-2                      Gagal       created
                   3  2026-11-22 15:00:00  KH-1                      Gagal       updated
                   4  2026-11-22 15:00:00  KH-1                      Success     duplicate
                   6  2026-11-22 15:00:00  -                         -           rejected
                   7  2026-11-22 15:00:00  goodlink+9                Success     created

            """
        let tried = try program.run("import", "--dry-run", "--verbose", path)
        #expect(tried.status == 1 && tried.output.hasPrefix(listing), "\(tried)")
        #expect(!scratch.exists("data/journal"))
        let done = try program.run("import", "--verbose", path)
        #expect(done.status == 1 && done.output.hasPrefix(listing), "\(done)")
        #expect(
            done.output.dropFirst(listing.count).hasPrefix("3  created\n1  updated\n1  there already\n1  no callback"))

        let again = try program.run("import", "--verbose", "--json", path)
        let objects = try again.lines.map { try JSONParser.parse(Array($0.utf8)) }
        #expect(objects.count == 7 && objects.last?["duplicate"] == .number("6"))
        #expect(objects.dropLast().allSatisfy { $0["result"]?.string == "duplicate" })
        #expect(again.lines.first == #"{"line":1,"trxid":"KH-1","status":"Success","result":"duplicate"}"#)
        #expect(objects.dropLast().compactMap { $0["line"]?.integer }.sorted() == [1, 2, 3, 4, 6, 7])
        try scratch.verify()
    }

    @Test("takes in raw bodies, one a line, also from standard input and without a last line end")
    func raw() throws {
        let input = Body.success("KH-1") + Array("\r\n\n  \n".utf8) + Body.failure("KH-2")
        let ending = try program.run("import", "-", "--json", input: input)
        let output =
            #"{"created":2,"updated":0,"duplicate":0,"rejected":0,"answered":0,"unusable":0,"failed":0}"# + "\n"
        #expect(ending == Ending(status: 0, output: output, errors: ""))
        try scratch.verify()
    }

    @Test("names the lines that it cannot use, goes on, and keeps what came over the network")
    func badLines() throws {
        let log =
            line(Array("nonsense".utf8)) + line([]) + line(Body.success("KH-1"), time: "yesterday")
            + line(Body.success("KH-2"), status: "200") + line(Body.success("KH-3"), status: "\"403\"")
            + Array("not JSON\n".utf8) + line(Body.success("KH-4"))
        let path = try scratch.write(log, to: "bodies.log")
        let errors = """
            khoins-callback: line 2: the web server logged no body
            khoins-callback: line 3: its time is not ISO 8601
            khoins-callback: line 6: the body is not JSON: unexpected byte at offset 0
            khoins-callback: line 1: the body is not JSON: unexpected byte at offset 0; kept under rejected/

            """
        let output = counts(
            ("created", 1), ("updated", 0), ("there already", 0), ("no callback, kept under rejected/", 1),
            ("left out: answered when they came", 2), ("left out: could not be used", 3))
        let first = try program.run("import", path)
        #expect(first.status == 1)
        #expect(first.output == output)
        #expect(
            first.errors.replacing(/not JSON: .*?(?=;|\n)/, with: "not JSON: unexpected byte at offset 0") == errors)
        let second = try program.run("import", path)
        #expect(second.status == 1)
        #expect(second.output.hasPrefix("0  created\n0  updated\n2  there already\n0  no callback"))
        #expect(try scratch.names("data/rejected").count == 1)
        #expect(try scratch.names("data/transactions") == ["KH-4.json"])
        try scratch.verify()
    }

    @Test("leaves out addresses that may not post, and bodies that are too large")
    func refused() throws {
        var program = program
        program.environment["KHOINS_ALLOW"] = "10.0.0.0/8"
        let denied = try program.run("import", "-", input: line(Body.success("KH-1")))
        #expect(denied.status == 1)
        #expect(denied.errors == "khoins-callback: line 1: its address is not one that may post (KHOINS_ALLOW)\n")
        program.environment["KHOINS_ALLOW"] = "182.23.3.230"
        program.environment["KHOINS_MAX_BODY"] = "100"
        let large = try program.run("import", "-", input: line(Body.success("KH-1")))
        #expect(large.status == 1)
        #expect(large.errors == "khoins-callback: line 1: the body is larger than 100 bytes\n")
        #expect(try scratch.names("data/transactions") == [])
    }

    @Test("takes in more than one batch, beside other writers")
    func many() throws {
        let log = (0..<1500).flatMap { line(Body.success("KH-\($0 % 1300)")) }
        let path = try scratch.write(log, to: "bodies.log")
        let runs = try (0..<2).map { _ in try program.start(["import", path, "--json"]) }
        var (created, duplicate) = (0, 0)
        for run in runs {
            let counts = try JSONParser.parse(Array(run.ending().output.utf8))
            created += counts["created"]?.integer ?? 0
            duplicate += counts["duplicate"]?.integer ?? 0
        }
        #expect(created == 1300 && duplicate == 1700)
        try scratch.verify()
    }

    @Test("can be killed and run again")
    func killed() throws {
        let log = (0..<3000).flatMap { line(Body.success("KH-\($0)")) }
        let path = try scratch.write(log, to: "bodies.log")
        try scratch.store([])
        let run = try program.start(["import", path])
        while try scratch.names("data/transactions").count < 600 {}
        run.signal(SIGKILL)
        #expect(try run.ending().status == 137)
        let counts = try JSONParser.parse(Array(program.run("import", path, "--json").output.utf8))
        let (created, duplicate) = (counts["created"]?.integer ?? 0, counts["duplicate"]?.integer ?? 0)
        #expect(created + duplicate == 3000 && duplicate >= 500)
        #expect(try scratch.names("data/transactions").count == 3000)
        try scratch.verify()
    }

    @Test("says which file it cannot read")
    func missing() throws {
        let words = "khoins-callback: cannot read /nonexistent: No such file or directory\n"
        #expect(try program.run("import", "/nonexistent") == Ending(status: 2, output: "", errors: words))
        let directory = try program.run("import", scratch.path)
        #expect(directory.status == 2)
        #expect(directory.errors.contains("stopped at line 0: cannot read \(scratch.path): Is a directory"))
    }

    private func status(_ id: String) throws -> (status: String?, reversed: Bool) {
        let record = try JSONParser.parse(scratch.read("data/transactions/\(id).json"))
        return (record["status"]?.string, record["reversed"]?.bool ?? false)
    }

    @Test("puts no older callback on top of a newer one")
    func order() throws {
        try scratch.store([
            Delivery(Body.failure("KH-1", reason: "Dikembalikan"), at: "2026-11-22T08:06:00Z"),
            Delivery(Body.failure("KH-2"), at: "2026-11-22T07:00:00Z"),
            Delivery(Body.pending("KH-3"), at: "2026-11-22T08:06:00Z"),
        ])
        let log = (1...3).flatMap { line(Body.success("KH-\($0)"), time: "2026-11-22T15:01:00+07:00") }
        let path = try scratch.write(log, to: "bodies.log")
        #expect(try program.run("import", path).status == 0)
        #expect(try status("KH-1") == ("Gagal", true))
        #expect(try status("KH-2") == ("Success", true))
        #expect(try status("KH-3") == ("Success", false))
        let journal = try scratch.names("data/journal").filter { $0.hasSuffix(".jsonl") }
        let text = try journal.map { String(decoding: try scratch.read("data/journal/\($0)"), as: UTF8.self) }.joined()
        #expect(text.split(separator: "\n").filter { $0.contains(#""imported":true"#) }.count == 3)
        try scratch.verify()
    }

    @Test("says beforehand what would come of it, and changes nothing")
    func dryRun() throws {
        try scratch.store([
            Delivery(Body.pending("KH-1"), at: "2026-11-22T07:00:00Z"),
            Delivery(Body.success("KH-2"), at: "2026-11-22T07:00:00Z"),
        ])
        try scratch.write("{".utf8, to: "data/transactions/KH-2.json")
        let log =
            line(Body.success("KH-1")) + line(Body.success("KH-1")) + line(Body.success("KH-2"))
            + line(Body.failure("KH-2")) + line(Body.success("KH-3")) + line(Array("nonsense".utf8))
            + line(Array("nonsense".utf8)) + line(Body.success("KH-4"), status: "200") + line([])
        let path = try scratch.write(log, to: "bodies.log")
        let before = try scratch.snapshot()
        let dry = try program.run("import", "--dry-run", path)
        #expect(try scratch.snapshot() == before)
        #expect(dry.errors.contains("to be kept under rejected/\n") && dry.errors.contains("nothing was changed"))
        let json = try program.run("import", "--dry-run", "--json", path).output
        let real = try program.run("import", path)
        #expect(dry.status == real.status && dry.output == real.output)
        #expect(json.hasPrefix(#"{"created":1,"updated":2,"duplicate":3,"rejected":1,"answered":1,"unusable":1,"#))
        try scratch.verify()
    }

    @Test("makes no data directory to say what would come of it")
    func dryRunOfNothing() throws {
        let ending = try program.run("import", "--dry-run", "-", input: line(Body.success("KH-1")))
        #expect(ending.status == 0 && ending.output.hasPrefix("1  created\n"))
        #expect(throws: (any Error).self) { try scratch.names("data") }
        var elsewhere = program
        elsewhere.environment["KHOINS_DATA"] = scratch.file("none/data")
        #expect(try elsewhere.run("import", "--dry-run", "-", input: line(Body.success("KH-1"))).status == 2)
        #expect(try elsewhere.run("import", "-", input: line(Body.success("KH-1"))).status == 2)
        try scratch.makeDataDirectory()
        #expect(try program.run("import", "--dry-run", "-", input: line(Body.success("KH-1"))) == ending)
        #expect(try scratch.names("data") == [])
    }

    @Test("takes in what came from the addresses that are asked for")
    func from() throws {
        let other = Array(
            String(decoding: line(Body.success("KH-2")), as: UTF8.self)
                .replacing("182.23.3.230", with: "203.0.113.9").utf8)
        let log = line(Body.success("KH-1")) + other
        let ending = try program.run(
            "import", "--from", "182.23.3.0/24", "--from", "2001:db8::/32", "--json", "-", input: log)
        #expect(ending.status == 0 && ending.errors == "")
        #expect(ending.output.hasPrefix(#"{"created":1,"#) && ending.output.hasSuffix("\"elsewhere\":1}\n"))
        #expect(try scratch.names("data/transactions") == ["KH-1.json"])
        for text in ["nonsense", "10.0.0.0/33", "182.23.3.", ""] {
            let refused = try program.run("import", "--from", text, "-")
            #expect(refused.status == 64 && refused.errors.contains("is no address and no range"), "\(text)")
        }
    }

    @Test(
        "says what a file is that is no log, and takes nothing of it",
        arguments: [
            ([0x1F, 0x8B, 8, 0], "is compressed (gzip); `zcat FILE | khoins-callback import -` takes it in"),
            ([0x28, 0xB5, 0x2F, 0xFD, 4], "is compressed (zstd); `zstdcat FILE"),
            ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "is compressed (xz); `xzcat FILE"),
            (Array("BZh91AY".utf8), "is compressed (bzip2); `bzcat FILE"),
            (Array("PK\u{3}\u{4}".utf8), "is an archive (zip)"),
            ([0xFF, 0xFE] + Array("{\0}\0".utf8), "is UTF-16, no UTF-8; `iconv -f UTF-16 -t UTF-8 FILE |"),
            ([0xFE, 0xFF, 0, 0x7B], "is UTF-16, no UTF-8; `iconv -f UTF-16 -t UTF-8 FILE |"),
            (Array("{\0\"\0".utf8), "is UTF-16, no UTF-8; `iconv -f UTF-16LE -t UTF-8 FILE |"),
            (Array("\0{\0\"".utf8), "is UTF-16, no UTF-8; `iconv -f UTF-16BE -t UTF-8 FILE |"),
            ([0xFF, 0xFE, 0, 0, 0x7B, 0, 0, 0], "is UTF-32"),
            (Array("<!DOCTYPE html>\n<html>".utf8), "is HTML, no log of bodies"),
            (Array("\u{FEFF}\n <HTML><body>502".utf8), "is HTML, no log of bodies"),
            (Array("<?xml version=\"1.0\"?>".utf8), "is XML, no log of bodies"),
            (Array("%PDF-1.7".utf8), "is a PDF, no log of bodies"),
            ([0xCA, 0xFE, 0, 0, 1, 2, 3], "is no text"),
        ] as [([UInt8], String)])
    func foreign(_ head: [UInt8], _ words: String) throws {
        let log = head + Array("\n".utf8) + line(Body.success("KH-1"))
        let ending = try program.run("import", "-", input: log)
        #expect(ending.status == 1 && ending.output == "")
        #expect(ending.errors.hasPrefix("khoins-callback: standard input \(words)"), "\(ending.errors)")
        #expect(throws: (any Error).self) { try scratch.names("data") }
    }

    @Test("loses no line to a byte order mark, and names the line whose time cannot be")
    func lines() throws {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let log =
            mark + line(Body.success("KH-1")) + mark + line(Body.success("KH-2"))
            + line(Body.success("KH-3"), time: "9999-12-31T23:59:59-07:00")
            + line(Body.success("KH-4"), time: "1999-12-31T23:59:59Z") + Body.success("KH-5")
        let ending = try program.run("import", "-", input: log)
        let words = "its time is not between the year 2000 and tomorrow\n"
        #expect(ending.status == 1)
        #expect(ending.errors == "khoins-callback: line 3: \(words)khoins-callback: line 4: \(words)")
        #expect(try scratch.names("data/transactions") == ["KH-1.json", "KH-2.json", "KH-5.json"])
        #expect(try scratch.names("data/journal").filter { $0.hasSuffix(".jsonl") }.count == 1)
        try scratch.verify()
    }

    @Test("changes no record by what this program printed itself")
    func ownOutput() throws {
        try scratch.storeDay()
        let before = try program.run("list", "--json").output
        for command in ["list --json", "follow --json --once"] {
            let printed = try program.start(command.split(separator: " ").map(String.init)).ending().output
            let ending = try program.run("import", "-", input: Array(printed.utf8))
            #expect(ending.status == 1 && ending.output.hasPrefix("0  created\n0  updated\n0  there already\n"))
        }
        #expect(try program.run("list", "--json").output == before)
    }
}
