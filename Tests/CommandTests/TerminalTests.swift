import Formats
import Foundation
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

/// What a person at a terminal sees, and a file or a pipe does not get.
@Suite("On a terminal")
struct TerminalTests {
    private static let escape: Character = "\u{1B}"

    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    @Test("tables have colour, and are the same without it", arguments: ["list", "show KH-9001", "stats"])
    func colour(_ command: String) throws {
        try scratch.storeDay()
        let seen = try program.runOnTerminal("khoins-callback \(command)")
        #expect(seen.status == 0 && seen.output.contains(Self.escape))
        let plain = try program.start(command.split(separator: " ").map(String.init)).ending()
        #expect(!plain.output.contains(Self.escape))
        let uncoloured = seen.output.replacing(try Regex("\u{1B}\\[[0-9;]*m"), with: "").replacing("\r\n", with: "\n")
        #expect(uncoloured == plain.output)
    }

    @Test(
        "no colour is where it is not wanted",
        arguments: ["NO_COLOR=1 khoins-callback list", "TERM=dumb khoins-callback list", "khoins-callback list | cat"])
    func noColour(_ line: String) throws {
        try scratch.storeDay()
        let seen = try program.runOnTerminal(line)
        #expect(seen.status == 0 && seen.output.contains("KH-9001") && !seen.output.contains(Self.escape))
    }

    @Test(
        "no stranger's control characters are, and JSON stays the same JSON",
        arguments: ["list --json", "show KH-1 --json", "show KH-1 --raw", "follow --json --once", "list --csv"])
    func controls(_ command: String) throws {
        let text = "a\u{7F}b\u{80}c\u{9B}31md\u{9F}e\u{A0}f"
        let body = Body.around([("refid", "KH-1")], message: [("status", "Success"), ("tujuan", text)])
        try scratch.store([Delivery(body, at: "2026-11-22T08:00:00Z")])
        let seen = try program.runOnTerminal("khoins-callback \(command)")
        #expect(seen.output.contains(#"a\u007fb\u0080c\u009b31md\u009fe"# + "\u{A0}f"), "\(seen.output)")
        #expect(!seen.output.unicodeScalars.contains { (0x7F..<0xA0).contains($0.value) || $0.value == 0x1B })
        let plain = try program.start(command.split(separator: " ").map(String.init)).ending()
        #expect(plain.output.contains(text))
        guard command.hasSuffix("json") || command.contains("json ") else { return }
        let shown = Array(seen.output.replacing("\r\n", with: "\n").utf8)
        #expect(try JSONParser.parse(shown) == JSONParser.parse(Array(plain.output.utf8)))
    }

    /// A log that takes a second to come.
    private func slowLog() throws -> String {
        let line =
            #"{"time":"2026-11-22T15:00:00+07:00","remote_addr":"::1","status":502,"body":"{\"refid\":\"KH-1\"}"}"#
        let path = try scratch.write(Array("\(line)\n".utf8), to: "line")
        return "(for i in 1 2 3 4 5 6 7 8 9 10 11 12; do yes \"$(cat \(path))\" | head -n 1000; sleep 0.1; done)"
    }

    @Test("long work shows how far it is, and takes that away at its end")
    func progress() throws {
        let seen = try program.runOnTerminal("\(slowLog()) | khoins-callback import - >\(scratch.file("counts"))")
        #expect(seen.status == 0)
        let drawn = seen.output.split(separator: "\r")
        #expect(drawn.contains { $0.contains(try! Regex(#"Importing +[0-9.]+ (lines|MiB) +[0-9.]+(/s| MiB/s)"#)) })
        #expect(seen.output.hasSuffix("\r\u{1B}[K"))
    }

    @Test("nothing but a terminal is shown progress")
    func noProgress() throws {
        let seen = try program.runOnTerminal(
            "\(slowLog()) | khoins-callback import - >\(scratch.file("counts")) 2>\(scratch.file("errors"))")
        #expect(seen == Ending(status: 0, output: "", errors: ""))
        #expect(try scratch.read("errors") == [])
    }
}
