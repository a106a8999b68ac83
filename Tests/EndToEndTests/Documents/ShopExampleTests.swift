import Foundation
import Glibc
import TestSupport
import Testing

private let canUseSQLite =
    (try? ChildProcess.run(Command("/usr/bin/php", "-m")).output.contains("pdo_sqlite")) == true

/// The documents' example of how a result gets into a shop's own database, taken from the document itself.
@Suite(
    "The documents' way into the shop's database", .needs("php"),
    .enabled(if: canUseSQLite || ServerProgram.isRequired, "php-sqlite3 is not installed"))
struct ShopExampleTests {
    struct Example: CustomTestStringConvertible {
        var document: String
        /// What the example calls the shop.
        var shop: String

        var testDescription: String { document }
    }

    static let examples = [
        Example(document: "docs/shop.md", shop: "shop"), Example(document: "docs/id/shop.md", shop: "toko"),
    ]

    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        // As it is on a shared host.
        try scratch.makeDirectory("home/khoins-callback")
        ServerUser.own(scratch.file("home/khoins-callback"))
        try scratch.installExecutable(in: "home/khoins-callback")
        try scratch.writeSettings(to: "home/khoins-callback/khoins-callback.env")
    }

    private var home: String { scratch.file("home") }
    private var directory: String { "\(home)/khoins-callback" }

    /// Puts the example's files in place, and makes the table with three orders.
    private func install(_ example: Example, _ document: Document) throws {
        let settings = try document.block("php", with: "return ['dsn'")
        let line = try #require(settings.split(separator: "\n").first { $0.contains("'sqlite:") })
        let dsn = line.replacing(#/^.*SQLite: /#, with: "")
            .replacing("/var/lib/khoins-\(example.shop)/\(example.shop).db", with: "\(directory)/\(example.shop).db")
        try scratch.write("<?php\n\(dsn)\n", to: "home/khoins-callback/\(example.shop).php")
        try scratch.writeProgram(
            try document.block("php", with: "// update-order: "), to: "home/khoins-callback/update-order")
        _ = try sql(example, try document.block("sql", with: "CREATE TABLE orders"))
        _ = try sql(example, "INSERT INTO orders (trxid) VALUES ('KH-9001'), ('KH-9002'), ('KH-9003')")
    }

    private func sql(_ example: Example, _ statement: String) throws -> [String] {
        let script = """
            $db = new PDO('sqlite:\(directory)/\(example.shop).db', null, null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
            foreach ($db->query($argv[1])->fetchAll(PDO::FETCH_NUM) as $row) echo implode('|', $row), "\\n";
            """
        let ending = try ChildProcess.run(Command("/usr/bin/php", "-r", script, statement).asServerUser, in: scratch)
        let output = ending.output
        #expect(ending.status == 0 && ending.errors == "", "\(output)")
        return output.split(separator: "\n").map(String.init)
    }

    private func rows(_ example: Example) throws -> [String] {
        try sql(example, "SELECT trxid, status, serial_number, price, reason FROM orders ORDER BY trxid")
    }

    private func file(_ bodies: String...) throws {
        var command = Command("\(directory)/khoins-callback", "import", "-").asServerUser
        command.input = Array(bodies.joined(separator: "\n").utf8)
        #expect(try ChildProcess.run(command, in: scratch).status == 0)
    }

    /// Runs the document's line for cron, as cron does.
    private func cron(_ document: Document) throws -> Int32 {
        let line = try document.block("crontab", with: "follow --once")
        var command = Command("/bin/sh", "-c", line.replacing(#/^(\S+ ){5}/#, with: "")).asServerUser
        command.environment = ["HOME": home]
        return try ChildProcess.run(command, in: scratch).status
    }

    @Test(
        "brings each result into a row, by cron and by the service, and what failed with the next run",
        arguments: examples)
    func orders(example: Example) throws {
        let document = try Document(example.document)
        try install(example, document)
        let pending = Body.short("KH-9003", status: "Proses", text: "R#KH-9003 masih diproses")
        try file(Body.t2, Body.t3, pending, Body.u1, Body.short("KH-UNKNOWN"))
        let serialNumber = "1234-5678-9012-3456-7890/BUDI/R1/900VA/32,1"
        let first = [
            "KH-9001|Success|0124000000001|10155|", "KH-9002|Success|\(serialNumber)|50155|", "KH-9003|Pending|||",
        ]
        #expect(try cron(document) == 0)
        #expect(try rows(example) == first)

        // The shop's database is out of reach for a while.
        try file(Body.t4)
        let settings = "\(directory)/\(example.shop).php"
        #expect(rename(settings, "\(settings).away") == 0)
        #expect(try cron(document) == 1)
        #expect(try rows(example) == first)
        #expect(rename("\(settings).away", settings) == 0)
        #expect(try cron(document) == 0)
        #expect(try rows(example) == first.dropLast() + ["KH-9003|Gagal|||Nomor tujuan salah"])

        // The service goes on where cron stopped.
        let service = try start(example, document)
        try file(Body.reversal)
        let last = ["KH-9002|Refund|||Dikembalikan", "KH-9003|Gagal|||Nomor tujuan salah"]
        try wait(for: "row") { try rows(example) == [first[0]] + last }
        service.signal(SIGTERM)
        #expect(try service.ending().status == 0)
        let log = try String(contentsOfFile: "\(directory)/follow.log", encoding: .utf8)
        #expect(log.contains("the command for KH-9003 exited with 1; left for the next run"))
    }

    /// Starts what the document's service starts.
    private func start(_ example: Example, _ document: Document) throws -> ChildProcess {
        let unit = try document.block("ini", with: "follow --cursor")
        func value(_ key: String) throws -> String {
            String(try #require(unit.split(separator: "\n").first { $0.hasPrefix("\(key)=") }).dropFirst(key.count + 1))
        }
        let words = try value("ExecStart").replacing("/usr/local/bin", with: directory)
            .replacing("/usr/local/lib/khoins-\(example.shop)", with: directory)
        #expect(try value("Environment") == "KHOINS_DATA=/var/lib/khoins-callback")
        var command = Command(words.split(separator: " ").map(String.init)).asServerUser
        command.environment = ["KHOINS_DATA": scratch.data.path]
        return try ChildProcess(command, in: scratch, name: "service")
    }

    @Test("and its page that reads a status from PHP says what became of a transaction", arguments: examples)
    func status(example: Example) throws {
        let script = try Document(example.document).block("php", with: "function khoins_record")
            .replacing("/var/lib/khoins-callback", with: scratch.data.path)
        try scratch.write(script, to: "home/khoins.php")
        func said() throws -> String {
            let ending = try ChildProcess.run(
                Command("/usr/bin/php", scratch.file("home/khoins.php")).asServerUser, in: scratch)
            #expect(ending.errors == "")
            return ending.output
        }
        try file(Body.t1)
        let waiting = try said()
        try file(Body.short("KH-9001", status: "Gagal"))
        let failed = try said()
        try file(Body.t3)
        #expect(try said() == "SN: 0124000000001\n")
        #expect(Set([waiting, failed, ""]).count == 3)
    }
}
