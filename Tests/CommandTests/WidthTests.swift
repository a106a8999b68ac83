import Journal
import Ledger
import TestSupport
import Testing

@testable import Operations

/// On a terminal no line is wider than that, and elsewhere nothing is left out.
@Suite("The width of a terminal")
struct WidthTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    static let widths = [24, 40, 60, 80, 120]
    private static let longID = "INV-2026-11-22-0000000000000000000000000000000000000000000000123"
    private static let serialNumber = "1234-5678-9012-3456-7890/日本語の名前/CAFÉ 😀/R1/900VA/32,1 dan seterusnya tanpa akhir"

    /// Records with everything that is long or wide in them.
    private func storeLongOnes() throws {
        try scratch.storeDay()
        try scratch.store([
            Delivery(Body.success(Self.longID, sn: Self.serialNumber), at: "2026-11-22T09:00:00Z"),
            Delivery(Body.success("日本語の注文番号です", sn: Self.serialNumber), at: "2026-11-22T09:01:00Z"),
            Delivery(
                Body.topup("a-member-with-a-long-name", id: "17192", amount: "1449645223"), at: "2026-11-22T09:02:00Z"),
            Delivery(
                Body.failure("KH-9", reason: "Nomor tujuan salah atau sudah tidak aktif lagi, hubungi pelanggan Anda"),
                at: "2026-11-22T09:03:00Z"),
        ])
    }

    private func lines(_ line: String, columns: Int) throws -> [String] {
        let seen = try program.runOnTerminal("export NO_COLOR=1; \(line)", columns: columns)
        return seen.output.replacing("\r\n", with: "\n").split(separator: "\n").map(String.init)
    }

    static let commands = [
        "list", "list --kind rejected", "show \(longID)", "show KH-9001", "show 日本語の注文番号です", "show none",
        "show goodlink", "stats", "follow --once", "check", "verify", "expect \(longID)", "archive --older-than 9999d",
        "import --dry-run /dev/null", "list --status x", "list --limit 2", "--help", "nonsense",
        "serve --open --listen unix:/nowhere/at/all/khoins-callback.sock",
    ]

    @Test("is what no line passes", arguments: widths)
    func fits(_ columns: Int) throws {
        try storeLongOnes()
        for command in Self.commands where columns >= 80 || !command.contains("--help") {
            let lines = try lines("khoins-callback \(command)", columns: columns)
            #expect(!lines.isEmpty, "\(command)")
            for line in lines { #expect(line.displayWidth <= columns, "\(command) at \(columns): \(line)") }
        }
    }

    @Test("is what no finding passes", arguments: widths)
    func findings(_ columns: Int) throws {
        scratch.leavesDamage()
        try storeLongOnes()
        try scratch.write("{}".utf8, to: "data/transactions/\(String(repeating: "x", count: 90)).json")
        for command in ["verify", "check", "list"] {
            let lines = try lines("khoins-callback \(command)", columns: columns)
            for line in lines { #expect(line.displayWidth <= columns, "\(command) at \(columns): \(line)") }
        }
        #expect(try lines("khoins-callback verify", columns: columns).joined().contains("xxxx"))
    }

    @Test("takes nothing away that tells one record from another", arguments: [60, 80, 120])
    func ids(_ columns: Int) throws {
        try storeLongOnes()
        let list = try lines("khoins-callback list", columns: columns).joined(separator: "\n")
        for text in ["KH-9001", "(reversed)", "KH-9004", "INV-2", "123 ", "goodlink+9", "Success", "0812000111"] {
            #expect(list.contains(text), "\(text) at \(columns)")
        }
    }

    @Test("has room for what follow tells of a sale: id, status, number, price and SN", arguments: [80, 120])
    func follow(_ columns: Int) throws {
        try storeLongOnes()
        let follow = try lines("khoins-callback follow --once", columns: columns)
        for title in ["TIME", "ID", "STATUS", "RUPIAH", "SN"] { #expect(follow.first?.contains(title) == true) }
        let sale = try #require(follow.first { $0.contains("KH-9004") })
        for text in ["Success", "TH10", "0812000111", "10.155", "1234-567"] { #expect(sale.contains(text), "\(sale)") }
        // As much as nobody pays at once is shortened, and seen to be.
        #expect(follow.contains { $0.contains("50.000") } && follow.contains { $0.contains("1.449.645…") })
        #expect(follow.contains { $0.contains("(reversed)") || columns < 120 && $0.contains("(reverse…") })
    }

    @Test("never shortens what show shows of a record", arguments: widths)
    func whole(_ columns: Int) throws {
        try storeLongOnes()
        let show = try lines("khoins-callback show \(Self.longID)", columns: columns)
        func squeezed(_ text: String) -> String { text.filter { $0 != " " && $0 != "\n" } }
        // Values stand in the second column, one piece below the other; beside them may be what they mean.
        let start = "serialNumber  ".count
        let pieces = show.prefix { !$0.hasPrefix("text:") }.drop { !$0.hasPrefix("serialNumber") }
            .prefix { $0.hasPrefix("serialNumber") || $0.hasPrefix(" ") }
        let value = pieces.map { String($0.dropFirst(start)).split(separator: "  ").first.map(String.init) ?? "" }
        #expect(squeezed(value.joined()).hasPrefix(squeezed(Self.serialNumber)) || columns < 40, "\(pieces)")
        let text = squeezed(show.drop { !$0.hasPrefix("text:") }.joined())
        #expect(text.contains(squeezed(Self.serialNumber)))
        #expect(!show.contains { $0.contains("…") } || columns < 40)
    }

    @Test("is the one that COLUMNS asks for, if that is less")
    func variable() throws {
        try storeLongOnes()
        for (wanted, columns, expected) in [("60", 80, 60), ("200", 80, 80), ("x", 80, 80), ("70", 0, 70), ("", 0, 80)]
        {
            let lines = try lines("export COLUMNS=\(wanted); khoins-callback list", columns: columns)
            let widest = lines.map(\.displayWidth).max() ?? 0
            #expect(widest <= expected && widest > expected - 12, "\(wanted) \(columns) \(widest)")
        }
    }

    @Test(
        "is nobody's who reads from a pipe", arguments: ["list", "show \(longID)", "follow --once", "check", "stats"])
    func pipe(_ command: String) throws {
        try storeLongOnes()
        var narrow = program
        narrow.environment["COLUMNS"] = "40"
        let piped = try narrow.start(command.split(separator: " ").map(String.init)).ending().output
        #expect(!piped.contains("…"))
        if command.hasPrefix("list") || command.hasPrefix("show") { #expect(piped.contains(Self.serialNumber)) }
        if command.hasPrefix("follow") { #expect(piped.contains(Self.longID)) }
        let wide = try lines("khoins-callback \(command)", columns: 500).joined(separator: "\n")
        // Only whoever sits before a terminal is told what follow's columns are.
        let rows = command.hasPrefix("follow") ? wide.split(separator: "\n").dropFirst().joined(separator: "\n") : wide
        if command != "check" { #expect(piped.split(separator: "\n").joined(separator: "\n") == rows) }
    }
}

@Suite("A text in few columns")
struct FittingTests {
    @Test("is shortened at its end or in its middle")
    func shortened() {
        #expect("KH-9001".shortened(to: 7, .end) == "KH-9001")
        #expect("KH-9001".shortened(to: 6, .end) == "KH-90…")
        #expect("INV-2026-0000123".shortened(to: 9, .middle) == "INV-…0123")
        #expect("日本語".shortened(to: 4, .end) == "日…")
        #expect("日本語の番号".shortened(to: 6, .middle).displayWidth <= 6)
        #expect("abc".shortened(to: 1, .middle) == "…")
    }

    @Test("is folded at spaces, and inside a word that is too long")
    func folded() {
        #expect("".folded(to: 5) == [""])
        #expect("one two three".folded(to: 7) == ["one two", "three"])
        #expect("1234567890 x".folded(to: 4) == ["1234", "5678", "90 x"])
        #expect("日本語".folded(to: 4) == ["日本", "語"])
        #expect("😀".folded(to: 1) == ["😀"])
        #expect("  khoins-callback list".folded(to: 12) == ["khoins-callb", "ack list"])
    }
}
