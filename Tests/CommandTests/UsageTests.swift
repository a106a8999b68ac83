import Formats
import Glibc
import Journal
import Ledger
import TestSupport
import Testing

@Suite("Every command")
struct UsageTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    static let commands = [
        "list", "show", "stats", "follow", "expect", "import", "verify", "archive", "check", "serve", "status",
    ]

    @Test(
        "that there is not is answered with the one that may be meant",
        arguments: [("lst", "list"), ("stat", "stats"), ("folow", "follow"), ("xyzzy", nil)] as [(String, String?)])
    func misspelt(word: String, meant: String?) throws {
        let ending = try program.run(word)
        #expect(ending.status == 64 && ending.output == "")
        let words = meant.map { "; is '\($0)' meant?" } ?? ""
        #expect(ending.errors.hasPrefix("Error: Unexpected argument '\(word)'\(words)\n"), "\(ending)")
    }

    @Test("that there is not has no help either", arguments: [("xyzzy", nil), ("lst", "list")] as [(String, String?)])
    func helpOfNone(word: String, meant: String?) throws {
        let ending = try program.run("help", word)
        #expect(ending.status == 64 && ending.output == "")
        let words = meant.map { "; is '\($0)' meant?" } ?? ""
        #expect(ending.errors.hasPrefix("Error: Unexpected argument '\(word)'\(words)\n"), "\(ending)")
        for known in [[], ["list"], ["help"]] { #expect(try program.start(["help"] + known).ending().status == 0) }
    }

    @Test("shows its own usage also for what it finds out when it runs")
    func ownUsage() throws {
        let ending = try program.run("serve")
        #expect(ending.status == 64 && ending.output == "")
        #expect(ending.errors.hasPrefix("Error: Missing expected argument '--listen <address>'"), "\(ending)")
        #expect(ending.errors.contains("\nUsage: khoins-callback serve "), "\(ending)")
        #expect(ending.errors.hasSuffix("See 'khoins-callback serve --help' for more information.\n"), "\(ending)")
    }

    @Test("has help with an example", arguments: commands)
    func help(command: String) throws {
        let ending = try program.run(command, "--help")
        #expect(ending.status == 0 && ending.errors == "")
        #expect(ending.output.hasPrefix("OVERVIEW: "))
        #expect(ending.output.contains("Example") && ending.output.contains("khoins-callback \(command)"))
        #expect(try program.run("--help").output.contains("  \(command) "))
    }

    @Test("has help that fits into 80 columns, with no example broken", arguments: commands + [""])
    func width(command: String) throws {
        let lines = try program.start((command.isEmpty ? [] : [command]) + ["--help"]).ending().lines
        for line in lines { #expect(line.count <= 80, "\(line)") }
        let dump = try JSONParser.parse(Array(program.run("--experimental-dump-help").output.utf8))
        let all = [dump["command"]] + (dump["command"]?["subcommands"]?.array ?? [])
        let name = command.isEmpty ? "khoins-callback" : command
        let told = try #require(all.first { $0?["commandName"]?.string == name })
        let examples = (told?["discussion"]?.string ?? "").split(separator: "\n").filter { $0.hasPrefix("  ") }
        for example in examples { #expect(lines.contains(String(example)), "\(example)") }
    }

    @Test("refuses what it does not know, with 64", arguments: commands)
    func unknownOption(command: String) throws {
        let ending = try program.run(command, "--nonsense")
        #expect(ending.status == 64 && ending.output == "" && ending.errors.hasPrefix("Error: "))
    }

    @Test(
        "says in one sentence why it cannot run, with 2",
        arguments: [["list"], ["show", "x"], ["stats"], ["expect", "x"], ["import", "/dev/null"], ["verify"]])
    func couldNotRun(arguments: [String]) throws {
        var program = program
        program.environment["KHOINS_DATA"] = nil
        let unset = try program.start(arguments).ending()
        let words =
            "khoins-callback: no data directory: set KHOINS_DATA (or --data) to the directory that keeps the callbacks\n"
        #expect(unset == Ending(status: 2, output: "", errors: words))
        program.environment["KHOINS_DATA"] = "/nowhere/data"
        let missing = try program.start(arguments).ending()
        #expect(missing.status == 2 && missing.output == "")
        #expect(
            missing.errors
                == "khoins-callback: the data directory /nowhere/data is not there and cannot be made in /nowhere: "
                + "make that first, or correct KHOINS_DATA (--data)\n")
    }

    @Test(
        "says what a value can be",
        arguments: [
            (
                ["list", "--since", "x"],
                "“x” is no time: take 2h, 3d, today, yesterday, 2026-11-22 or “2026-11-22 15:00”."
            ),
            (
                ["list", "--status", "x"],
                "“x” is no status: take one of Success, Gagal, Expired, Dibatalkan, Refund, Pending, Unknown."
            ),
            (["list", "--kind", "x"], "“x” is no kind: take transaction, topup or rejected."),
            (["list", "--kind", "rejected", "--status", "Gagal"], "--kind rejected goes without --status"),
            (["list", "--limit", "0"], "--limit must be 1 or more."),
            (["list", "--limit", "-1"], "--limit must be 1 or more."),
            (["archive", "--older-than", "90"], "Usage: khoins-callback archive "),
            (["stats", "--zone", "Jakarta"], "“Jakarta” is no zone: take WIB, WITA, WIT or UTC."),
            (["list", "--json", "--csv"], "Only one of --json and --csv can be had."),
            (["show", "x", "--json", "--raw"], "Only one of --json and --raw can be had."),
            (["show"], "Missing expected argument '<trxid>'"), (["nonsense"], "Unexpected argument 'nonsense'"),
        ])
    func values(arguments: [String], words: String) throws {
        let ending = try program.start(arguments).ending()
        #expect(ending.status == 64 && ending.output == "")
        #expect(ending.errors.contains(words))
    }

    @Test("without arguments says how it is used on standard error alone, with 64")
    func nothing() throws {
        let ending = try program.run()
        #expect(ending.status == 64 && ending.output == "")
        #expect(ending.errors.contains("USAGE: khoins-callback <subcommand>"))
    }

    @Test("has a version, and completion for three shells")
    func version() throws {
        #expect(try program.run("--version").status == 0)
        for shell in ["bash", "zsh", "fish"] {
            let ending = try program.run("--generate-completion-script", shell)
            #expect(ending.status == 0 && ending.output.contains("older-than"))
        }
        #expect(try program.run("--experimental-dump-help").output.contains("\"commandName\" : \"stats\""))
    }

    @Test("takes a closed pipe for no error", arguments: [["list", "--all"], ["list", "--all", "--json"], ["stats"]])
    func closedPipe(arguments: [String]) throws {
        try scratch.store((0..<200).map { Delivery(Body.success("KH-\($0)"), at: "2026-11-22T08:00:00Z") })
        let ending = try program.start(arguments, closedOutput: true).ending()
        #expect(ending.status == 0 && ending.errors == "")
    }

    @Test("says when its output cannot be written")
    func fullDisk() throws {
        try scratch.storeDay()
        let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
        defer { close(full) }
        let ending = try program.start(["list"], output: full).ending()
        #expect(ending.status == 2)
        #expect(ending.errors == "khoins-callback: cannot write the output: No space left on device\n")
    }
}
