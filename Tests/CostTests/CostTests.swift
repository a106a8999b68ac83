import Glibc
import TestSupport
import Testing

/// What a callback costs, counted in ways that do not depend on the machine's speed. A bound that breaks means that
/// somebody made every callback dearer: make it cheap again, or raise the bound and say why.
@Suite(.serialized) struct CostTests {
    /// Whether there is an executable to measure: a debug build's costs say nothing. In CI always: there it fails without.
    private static let isRelease = TestBinary.isRelease || ServerProgram.isRequired

    /// System calls of `serve` for one callback that comes alone, its connection included.
    struct Bound {
        var threads: Int
        var systemCalls: Double
        /// What is set besides.
        var settings: [String: String] = [:]
    }

    private static let page = ["KHOINS_PAGE_KEY": String(repeating: "4f", count: 16)]

    static let bounds = [
        // Measured 27, and 30 where the connection is there before its first byte, as on a busy machine. Two of them look
        // at the limits of memory, which can begin at any moment.
        Bound(threads: 1, systemCalls: 31),
        // One thread watches, whatever their number; measured the same.
        Bound(threads: 8, systemCalls: 31),
        // The operators' page is open; measured the same.
        Bound(threads: 8, systemCalls: 31, settings: page),
    ]

    /// Instructions of one CGI request in an existing data directory; measured 0.53 million.
    static let instructionsPerCGIRequest = 600_000

    @Test(
        "A callback costs serve few system calls, and one fdatasync",
        .needs("strace"), .enabled(if: isRelease, "KHOINS_TEST_BINARY names no static executable"),
        arguments: bounds)
    func systemCallsOfServe(bound: Bound) throws {
        try #require(TestBinary.isRelease)
        // What comes once, such as the start, is in both counts.
        let few = 50
        let many = 250
        let atFirst = try TracedServer.count(callbacks: few, threads: bound.threads, settings: bound.settings)
        let later = try TracedServer.count(callbacks: many, threads: bound.threads, settings: bound.settings)
        let each = Double(later.total - atFirst.total) / Double(many - few)
        #expect(each <= bound.systemCalls)
        #expect(each > 5, "so few that something was not counted")
        #expect(later.count(of: "fdatasync") - atFirst.count(of: "fdatasync") == many - few)
    }

    /// Instructions of `serve` for one callback that comes alone, on a connection of its own; measured 133,000 with all the
    /// variables that nginx sends.
    static let instructionsPerCallback = 145_000.0

    @Test(
        "A callback takes serve few instructions",
        .needs("valgrind"), .enabled(if: isRelease, "KHOINS_TEST_BINARY names no static executable"))
    func instructionsOfServe() throws {
        try #require(TestBinary.isRelease)
        let (few, many) = (50, 150)
        let atFirst = try TracedServer.instructions(callbacks: few)
        let each = Double(try TracedServer.instructions(callbacks: many) - atFirst) / Double(many - few)
        #expect(each <= Self.instructionsPerCallback)
        #expect(each > 10_000, "so few that something was not counted")
    }

    @Test("An answer under CGI takes two system calls more, at most, where the shop is told", .needs("strace"))
    func systemCallsUpToAnswer() throws {
        let scratch = try Scratch(.plain)
        try CGIRequest(trxid: "first", in: scratch).answer()
        // Somebody has the cursor, so that no follower is started that outlives the test.
        try scratch.makeDirectory("data/.cursors")
        try scratch.write("{}", to: "data/.cursors/shop.json")
        let lock = open(try scratch.write("", to: "data/.cursors/.shop.json.lock"), O_RDONLY | O_CLOEXEC)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        for name in ["data/.cursors", "data/.cursors/shop.json", "data/.cursors/.shop.json.lock"] {
            chmod(scratch.file(name), name.hasSuffix("s") ? 0o750 : 0o640)
        }
        func calls(_ settings: [String: String]) throws -> (before: Int, behind: Int) {
            let calls = try CGIRequest(trxid: "next-\(settings.count)", in: scratch, settings: settings).systemCalls()
            let answer = try #require(calls.firstIndex(of: "write(1,"))
            return (answer, calls.count - answer)
        }
        let alone = try calls([:])
        let telling = try calls(["KHOINS_EXEC": "true"])
        #expect((0...2).contains(telling.before - alone.before))
        #expect(alone.before > 20 && telling.behind > alone.behind, "so few that something was not counted")
    }

    @Test("The operators' page changes no system call of a callback", .needs("strace"))
    func systemCallsBesidePage() throws {
        let scratch = try Scratch(.plain)
        try CGIRequest(trxid: "first", in: scratch).answer()
        func calls(_ id: String, _ settings: [String: String]) throws -> [Substring] {
            try CGIRequest(trxid: id, in: scratch, settings: settings).systemCalls().map { $0.prefix { $0 != "(" } }
        }
        let without = try calls("closed", [:])
        let with = try calls("opened", Self.page)
        #expect(with == without)
        #expect(without.count > 20, "so few that something was not counted")
    }

    @Test(
        "A CGI request takes few instructions",
        .needs("valgrind"), .enabled(if: isRelease, "KHOINS_TEST_BINARY names no static executable"))
    func instructionsOfCGI() throws {
        try #require(TestBinary.isRelease)
        let scratch = try Scratch(.plain)
        // The first request makes the directory.
        try CGIRequest(trxid: "first", in: scratch).answer()
        let instructions = try CGIRequest(trxid: "second", in: scratch).instructions()
        #expect(instructions <= Self.instructionsPerCGIRequest)
        #expect(instructions > 10_000, "so few that something was not counted")
    }
}
