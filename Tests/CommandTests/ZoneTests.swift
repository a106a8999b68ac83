import Formats
import Journal
import Ledger
import TestSupport
import Testing

@Suite("A zone")
struct ZoneTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
        // An hour before midnight in Jakarta, and after it.
        try scratch.store([
            Delivery(Body.success("KH-1"), at: "2026-11-21T16:00:00Z"),
            Delivery(Body.success("KH-2"), at: "2026-11-21T18:00:00Z"),
            Delivery(Array("no callback".utf8), at: "2026-11-21T18:00:00Z"),
        ])
    }

    /// What the two come at: by the clock of each zone.
    static let zones: [(name: String, times: [String])] = [
        ("WIB", ["2026-11-22 01:00:00 WIB", "2026-11-21 23:00:00 WIB"]),
        ("WITA", ["2026-11-22 02:00:00 WITA", "2026-11-22 00:00:00 WITA"]),
        ("WIT", ["2026-11-22 03:00:00 WIT", "2026-11-22 01:00:00 WIT"]),
        ("UTC", ["2026-11-21 18:00:00 UTC", "2026-11-21 16:00:00 UTC"]),
    ]

    @Test("is of every time that a person is told, by setting, file and flag", arguments: zones.map(\.name))
    func told(_ name: String) throws {
        let times = try #require(Self.zones.first { $0.name == name }).times
        var set = program
        set.environment["KHOINS_ZONE"] = name.lowercased()
        var filed = program
        filed.environment["KHOINS_SETTINGS"] = try scratch.write("KHOINS_ZONE=\(name)\n".utf8, to: "khoins.env")
        for (program, flag) in [
            (set, []), (filed, []), (filed, ["--zone", name]), (program, ["--zone", name.lowercased()]),
        ] {
            func output(_ words: String...) throws -> String {
                let ending = try program.start(words + flag).ending()
                return ending.output + ending.errors
            }
            let list = try output("list")
            for time in times { #expect(list.contains(time)) }
            #expect(try output("show", "KH-2").contains("receivedAt    \(times[0])"))
            #expect(try output("list", "--csv").contains("\(times[0].prefix(19)),\(name),2026-11-21T18:00:00.000Z"))
            #expect(try output("list", "--kind", "rejected").contains(times[0]))
            #expect(try output("follow", "--once").contains("\(times[0].prefix(19))  KH-2"))
            #expect(try output("stats").contains(times[0].prefix(10)))
            #expect(try output("stats").contains("the newest of \(times[0])"))
            #expect(try output("verify").contains(times[0]))
            #expect(try output("check").contains(" \(name)\n"))
            #expect(try output("check").contains("1 rejected delivery, of \(times[0])"))
        }
    }

    @Test("of a flag counts before one that is set, and that one before WIB")
    func order() throws {
        var program = program
        #expect(try program.run("list").output.contains("2026-11-22 01:00:00 WIB"))
        program.environment["KHOINS_ZONE"] = "WIT"
        #expect(try program.run("list").output.contains("2026-11-22 03:00:00 WIT"))
        #expect(try program.run("list", "--zone", "UTC").output.contains("2026-11-21 18:00:00 UTC"))
    }

    @Test("changes nothing in JSON but the days of stats")
    func json() throws {
        for command in [
            ["list", "--json"], ["show", "KH-2", "--json"], ["follow", "--once", "--json"], ["verify", "--json"],
        ] {
            let outputs = try Self.zones.map { try program.start(command + ["--zone", $0.name]).ending().output }
            #expect(Set(outputs).count == 1)
        }
        #expect(try program.run("stats", "--json", "--zone", "UTC").output.contains(#""day":"2026-11-21""#))
        #expect(!(try program.run("stats", "--json", "--zone", "UTC").output.contains(#""day":"2026-11-22""#)))
    }

    @Test("decides where a day begins that is asked for")
    func days() throws {
        let counts: [(String, Int)] = [("WIB", 1), ("WITA", 2), ("WIT", 2), ("UTC", 0)]
        for (name, count) in counts {
            let list = try program.run("list", "--json", "--since", "2026-11-22", "--zone", name)
            #expect(list.output.split(separator: "\n").count == count, "\(name)")
            let stats = try program.run("stats", "--json", "--since", "2026-11-22", "--zone", name).output
            #expect(
                stats.contains(#""type":"total","kind":"transaction","status":"Success","count":\#(count),"#)
                    == (count > 0))
        }
    }

    @Test("decides what is older than a day that archive is given", arguments: [("WIB", 1), ("WITA", 0), ("UTC", 2)])
    func archive(_ name: String, _ count: Int) throws {
        let ending = try program.run("archive", "--older-than", "2026-11-22", "--zone", name)
        #expect(ending.output.contains("archived records       \(count)\n"), "\(ending)")
    }

    @Test("that is none is refused with a sentence, by each command that tells times")
    func refused() throws {
        var program = program
        program.environment["KHOINS_ZONE"] = "Asia/Jakarta"
        let sentence = "KHOINS_ZONE (--zone) can be WIB, WITA, WIT or UTC, not “Asia/Jakarta”"
        for command in [
            ["list"], ["list", "--kind", "rejected"], ["show", "KH-1"], ["stats"], ["follow", "--once"], ["verify"],
            ["archive", "--older-than", "90d"],
        ] {
            let ending = try program.start(command).ending()
            #expect(ending == Ending(status: 2, output: "", errors: "khoins-callback: \(sentence)\n"), "\(command)")
            #expect(try program.start(command + ["--zone", "wit"]).ending().status == 0)
        }
        let check = try program.run("check")
        #expect(check.status == 1 && check.output.contains(sentence))
    }
}
