import Formats
import KHOINS
import Ledger
import System
import Testing

@testable import Operations
@testable import khoins_callback

@Suite("import")
struct ImportTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch()
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
        #expect(first.status == 0)
        #expect(first.output == output)
        #expect(
            first.errors.replacing(/not JSON: .*?(?=;|\n)/, with: "not JSON: unexpected byte at offset 0") == errors)
        let second = try program.run("import", path)
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
        #expect(denied.errors == "khoins-callback: line 1: its address is not one that may post (KHOINS_ALLOW)\n")
        program.environment["KHOINS_ALLOW"] = "182.23.3.230"
        program.environment["KHOINS_MAX_BODY"] = "100"
        let large = try program.run("import", "-", input: line(Body.success("KH-1")))
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
        run.kill()
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
}
