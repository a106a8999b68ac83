import Glibc
import TestSupport
import Testing

@Suite("verify")
struct VerifyTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
        try scratch.storeDay()
    }

    private static let rejected =
        "Besides, 1 rejected delivery, of 2026-11-22 15:07:00 WIB: `khoins-callback list --kind rejected`\n"

    /// Does to the data directory what people do.
    private func spoil() throws {
        unlink("\(scratch.data.path)/transactions/KH-9001.json")
        try scratch.write("{".utf8, to: "data/transactions/KH-9002.json")
        let record = String(decoding: try scratch.read("data/transactions/KH-9004.json"), as: UTF8.self)
        try scratch.write(
            record.replacing("\"price\": 10155", with: "\"price\": 1").utf8, to: "data/transactions/KH-9004.json")
        try scratch.write("catatan".utf8, to: "data/transactions/notes.txt")
    }

    @Test("finds nothing where nothing is, and changes nothing")
    func fine() throws {
        let before = try scratch.snapshot()
        let words = "Everything is as the journal says.\n" + Self.rejected
        #expect(try program.run("verify") == Ending(status: 0, output: "", errors: words))
        #expect(try program.run("verify", "--json") == Ending(status: 0, output: "", errors: ""))
        #expect(try scratch.snapshot() == before)
    }

    @Test("says what to do about a torn line of the archive, which no repair can mend, and that helps")
    func tornArchive() throws {
        #expect(try program.run("archive", "--older-than", "2026-11-22 15:05").status == 0)
        scratch.leavesDamage()
        let name = "data/archive/2026-11.jsonl"
        var bytes = try scratch.read(name)
        let end = try #require(bytes.firstIndex(of: UInt8(ascii: "\n")))
        bytes[end / 2] ^= 1
        try scratch.write(bytes, to: name)
        let torn = try program.run("verify", "--repair")
        #expect(torn.status == 1 && torn.output.contains("archive\tarchive/2026-11.jsonl\t"), "\(torn)")
        #expect(torn.errors.contains("take the damaged lines out of it"), "\(torn)")
        // As it says:
        try scratch.write(Array(bytes[(end + 1)...]), to: name)
        unlink(scratch.file("data/archive/.index"))
        #expect(try program.run("archive", "--older-than", "90d").status == 0)
        #expect(try program.run("verify", "--repair").status == 0)
        let mended = try program.run("verify")
        #expect(mended.status == 0, "\(mended)")
    }

    @Test("says what is missing, damaged, different and left over, and mends what the journal has when told to")
    func repair() throws {
        try spoil()
        let before = try scratch.snapshot()
        let found = """
            missing\ttransactions/KH-9001.json\tthe journal has 2 deliveries of it
            damaged\ttransactions/KH-9002.json\tthe file is no whole record
            different\ttransactions/KH-9004.json\tthe record is not what its deliveries make of it
            leftover\ttransactions/notes.txt\tno delivery in the journal explains this file

            """
        #expect(
            try program.run("verify")
                == Ending(status: 1, output: found, errors: "4 found, 0 repaired.\n" + Self.rejected))
        #expect(try scratch.snapshot() == before)

        let repaired = found.replacing(#/(?m)^(missing|damaged|different)/#, with: "repaired")
        let mended = try program.run("verify", "--repair")
        #expect(mended == Ending(status: 1, output: repaired, errors: "4 found, 3 repaired.\n" + Self.rejected))
        unlink("\(scratch.data.path)/transactions/notes.txt")
        #expect(try program.run("verify").status == 0)
        #expect(try program.run("show", "KH-9004").output.contains("Rp10.155"))
    }

    @Test("says it in JSON, one object a line")
    func json() throws {
        try spoil()
        let detail = "the record is not what its deliveries make of it"
        let ending = try program.run("verify", "--repair", "--json")
        #expect(ending.status == 1 && ending.errors == "")
        let lines = ending.output.split(separator: "\n")
        #expect(lines.count == 4)
        #expect(
            lines.dropFirst(2).first
                == #"{"finding":"different","path":"transactions/KH-9004.json","detail":"\#(detail)","repaired":true}"#)
        #expect(lines.last?.hasSuffix(#""repaired":false}"#) == true)
        unlink("\(scratch.data.path)/transactions/notes.txt")
    }
}
