import FoundationEssentials
import Glibc
import Ledger
import TestSupport
import Testing

@Suite("A data directory of which a part is missing")
struct HalfMadeTests {
    private let scratch: Scratch
    private var program: Program
    private static let parts = ["transactions", "topups", "rejected", "journal", "archive"]
    private static let readers = [
        ["list"], ["list", "--json"], ["list", "--csv"], ["list", "--kind", "rejected"], ["stats"], ["verify"],
        ["verify", "--json"],
        ["follow", "--once", "--from", "start"], ["show", "KH-1"],
    ]

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
        program.environment["KHOINS_TOKEN"] = "4f1d2c9e7b6a5083c1d2e3f4a5b6c7d8"
    }

    private func remove(_ part: String) throws {
        try FileManager.default.removeItem(atPath: "\(scratch.data.path)/\(part)")
    }

    /// What was made before the first callback was stopped, or by nobody.
    static let beginnings: [[String]?] = [
        nil, [], ["transactions"], ["transactions", "topups"], ["transactions", "topups", "rejected"],
        ["transactions", "topups", "rejected", "journal"], ["journal"], ["rejected"], [".cursors"],
    ]

    @Test("says nothing before the first callback, and makes nothing", arguments: beginnings)
    func beginning(_ parts: [String]?) throws {
        if let parts {
            try scratch.makeDataDirectory()
            for part in parts { mkdir("\(scratch.data.path)/\(part)", 0o750) }
        }
        for arguments in Self.readers {
            let ending = try program.start(arguments).ending()
            #expect(ending.status == (arguments[0] == "show" ? 1 : 0), "\(arguments) \(ending)")
            #expect(ending.output == "", "\(arguments)")
            #expect(!ending.errors.contains("No such file"), "\(arguments) \(ending)")
            if arguments[0] != "follow" {
                #expect(ending.errors.contains("\(scratch.data.path) holds no callbacks yet"), "\(arguments) \(ending)")
            }
        }
        let check = try program.run("check")
        #expect(!check.output.contains("No such file"))
        #expect(check.status == (parts == nil && ServerUser.isRoot ? 1 : 0))
        if let parts {
            #expect(try scratch.names("data") == parts.sorted())
            let isPartly = (1..<4).contains(Set(parts).intersection(Self.parts).count)
            #expect(check.output.contains("makes what is missing") == isPartly)
        } else {
            #expect(check.output.contains("\(scratch.data.path) is not there"))
            #expect(access(scratch.data.path, F_OK) != 0)
        }
    }

    @Test("works for those who write, who make what is missing", arguments: beginnings)
    func writers(_ parts: [String]?) throws {
        if let parts {
            try scratch.makeDataDirectory()
            for part in parts { mkdir("\(scratch.data.path)/\(part)", 0o750) }
        }
        for arguments in [["archive", "--older-than", "90d"], ["expect", "KH-1"], ["import", "/dev/null"]] {
            let ending = try program.start(arguments).ending()
            #expect(ending.status == 0 && ending.errors == "", "\(arguments) \(ending)")
        }
        try scratch.verify()
    }

    @Test("hides nothing that is there", arguments: parts)
    func pruned(_ part: String) throws {
        scratch.leavesDamage()
        try scratch.storeDay()
        if part == "archive" { #expect(try program.run("archive", "--older-than", "2026-11-22 15:05").status == 0) }
        let whole = try program.run("list", "--all", "--json")
        try remove(part)
        let list = try program.run("list", "--all", "--json")
        // Of what is missing the journal knows, so that it was passed over.
        let isMissed = list.errors.contains(" missing left out: ")
        #expect(isMissed == ["transactions", "topups", "archive"].contains(part), "\(list.errors)")
        #expect(
            list.status == (isMissed ? 1 : 0) && !list.errors.contains("holds no callbacks")
                && !list.errors.contains("No such file"))
        if part == "rejected" || part == "journal" {
            #expect(Set(list.output.split(separator: "\n")) == Set(whole.output.split(separator: "\n")))
        } else {
            #expect(!list.output.isEmpty)
        }
        for arguments in [["stats"], ["verify"], ["follow", "--once"], ["list", "--kind", "rejected"]] {
            let ending = try program.start(arguments).ending()
            #expect(
                [0, 1].contains(ending.status) && !ending.errors.contains("No such file"), "\(arguments) \(ending)")
        }
        #expect(try program.run("show", part == "transactions" ? "9" : "KH-9003").status == 0)
        let check = try program.run("check").output
        #expect(check.contains("\(part)/ missing in \(scratch.data.path)") == (part != "archive"))
    }

    @Test("is whole again after verify --repair", arguments: ["transactions", "topups", "rejected"])
    func repair(_ part: String) throws {
        try scratch.storeDay()
        try remove(part)
        #expect(try program.run("verify", "--repair").status == 0)
        #expect(try scratch.names("data").contains(part))
        try scratch.verify()
    }

    @Test("is waited for by follow, which tells of the first callback", arguments: [false, true])
    func follow(_ isThere: Bool) throws {
        if isThere { try scratch.makeDataDirectory() }
        let run = try program.start(["follow", "--from", "start", "--json"])
        // It has to be waiting by then or not; both must do.
        try scratch.storeDay()
        try wait(for: "a line") { run.output.contains("\n") }
        run.stop()
        #expect(try run.ending().status == 0)
    }
}
