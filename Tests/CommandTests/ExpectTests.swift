import Formats
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

@Suite("expect")
struct ExpectTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    private func status(_ id: String) throws -> String? {
        try JSONParser.parse(scratch.read("data/transactions/\(id).json"))["status"]?.string
    }

    @Test("notes a trxid as Pending, once")
    func once() throws {
        let noted = Ending(status: 0, output: "KH-1 noted as Pending\n", errors: "")
        #expect(try program.run("expect", "KH-1", "--product", "TH10", "--destination", "0812000111") == noted)
        let record = try JSONParser.parse(scratch.read("data/transactions/KH-1.json"))
        #expect(record["status"]?.string == "Pending" && record["product"]?.string == "TH10")
        #expect(record["destination"]?.string == "0812000111" && record["expected"] != nil)

        let bytes = try scratch.read("data/transactions/KH-1.json")
        let again = Ending(status: 0, output: "KH-1 is there already, as Pending\n", errors: "")
        #expect(try program.run("expect", "KH-1", "--product", "OTHER") == again)
        #expect(try scratch.read("data/transactions/KH-1.json") == bytes)
        try scratch.verify()
    }

    @Test("reads an id as callbacks' ids are read")
    func id() throws {
        let noted = Ending(status: 0, output: "KH-1 noted as Pending\n", errors: "")
        #expect(try program.run("expect", " KH-1\r\n") == noted)
        #expect(try scratch.names("data/transactions") == ["KH-1.json"])
        #expect(try program.run("show", "\tKH-1 ", "--json").output == program.run("show", "KH-1", "--json").output)
        for none in [" ", "-", "0", "Kosong"] { #expect(try program.run("expect", "--", none).status == 64) }
        try scratch.verify()
    }

    @Test("never touches what a callback has set")
    func callbackFirst() throws {
        try scratch.store([Delivery(Body.failure("KH-1"), at: "2026-11-22T08:00:00Z")])
        let bytes = try scratch.read("data/transactions/KH-1.json")
        let output = #"{"trxid":"KH-1","status":"Gagal","result":"exists"}"# + "\n"
        #expect(try program.run("expect", "KH-1", "--json") == Ending(status: 0, output: output, errors: ""))
        #expect(try scratch.read("data/transactions/KH-1.json") == bytes)
        try scratch.verify()
    }

    @Test("may race with the callback: the callback's status stands, and what was ordered stays known")
    func race() throws {
        try scratch.store([])
        let line = #"{"time":"2026-11-22T08:00:00+00:00","remote_addr":"182.23.3.230","status":502,"body":"#
        for round in 0..<10 {
            let id = "KH-\(round)"
            var writer = JSONWriter()
            writer.string(Body.success(id))
            let log = Array(line.utf8) + writer.bytes + Array("}\n".utf8)
            let expecting = try program.start(["expect", id, "--json"])
            let importing = try program.start(["import", "-", "--json"], input: log)
            let (expected, imported) = (try expecting.ending(), try importing.ending())
            #expect(expected.status == 0 && imported.status == 0)
            let isFirst = expected.output == #"{"trxid":"\#(id)","status":"Pending","result":"created"}"# + "\n"
            let isSecond = expected.output == #"{"trxid":"\#(id)","status":"Success","result":"exists"}"# + "\n"
            #expect(isFirst != isSecond)
            #expect(imported.output.contains(isFirst ? #""updated":1"# : #""created":1"#))
            #expect(try status(id) == "Success")
        }
        try scratch.verify()
    }

    @Test("by root leaves files to the directory's owner", .enabled(if: ServerUser.isRoot))
    func asRoot() throws {
        try scratch.store([])
        try scratch.giveAway(to: 65_534)
        #expect(try program.run("expect", "KH-1").status == 0)
        #expect(try scratch.owners() == [65_534])
    }

    @Test("refuses an id that no file could have")
    func badIDs() throws {
        let empty = try program.run("expect", "")
        #expect(empty.status == 64 && empty.errors.hasPrefix("Error: The trxid is empty.\n"))
        let long = try program.run("expect", String(repeating: "x", count: 196))
        #expect(long.status == 64 && long.errors.hasPrefix("Error: The trxid is too long: its file name would pass"))
        #expect(throws: (any Error).self) { try scratch.names("data") }
    }
}
