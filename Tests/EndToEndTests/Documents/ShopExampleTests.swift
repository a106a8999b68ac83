import Foundation
import Glibc
import TestSupport
import Testing

/// The documents' ways into a shop, taken from the documents themselves.
@Suite("The documents' ways into the shop", .needs("php", "curl"), .serialized)
struct ShopExampleTests {
    struct Example: CustomTestStringConvertible {
        var document: String
        /// What the example calls the shop.
        var shop: String
        var database: ShopDatabase.Kind

        var testDescription: String { "\(document) with \(database)" }
    }

    static let examples = ShopDatabase.Kind.testable.flatMap { database in
        [
            Example(document: "docs/shop.md", shop: "shop", database: database),
            Example(document: "docs/id/shop.md", shop: "toko", database: database),
        ]
    }

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

    /// The document's line of settings with that name.
    private func line(_ name: String, _ document: Document) throws -> String {
        try document.block("sh", with: "\(name)=").trimmingCharacters(in: .newlines)
    }

    /// The database with the document's tables and three orders, and the settings of its script beside the program.
    private func shop(_ example: Example, _ document: Document) throws -> ShopDatabase {
        let settings = try document.block("php", with: "return ['dsn'").split(separator: "\n").map(String.init)
        let line: String
        switch example.database {
        case .sqlite:
            line = try #require(settings.last { $0.contains("'sqlite:") }).replacing(#/^.*SQLite: /#, with: "")
        case .mariadb: line = try #require(settings.first { $0.hasPrefix("return ['dsn' => 'mysql:") })
        }
        let database = try ShopDatabase(example.database, named: example.shop, in: scratch)
        let script = line.replacing("/var/lib/khoins-\(example.shop)/\(example.shop).db", with: database.file)
            .replacing("host=localhost", with: "unix_socket=\(database.file)")
        try scratch.write("<?php\n\(script)\n", to: "home/khoins-callback/\(example.shop).php")
        for table in try document.block("sql", with: "CREATE TABLE orders").split(separator: ";\n") {
            _ = try database.sql(String(table))
        }
        _ = try database.sql("INSERT INTO orders (trxid) VALUES ('KH-9001'), ('KH-9002'), ('KH-9003')")
        return database
    }

    private func rows(_ database: ShopDatabase) throws -> [String] {
        try database.sql("SELECT trxid, status, serial_number, price, reason FROM orders ORDER BY trxid")
    }

    /// Posts callbacks as a web server hands them to the program on a shared host.
    private func post(_ bodies: String...) throws {
        var door = CGIDoor(scratch)
        door.command = Command("\(directory)/khoins-callback").asServerUser
        door.command.directory = directory
        for body in bodies { #expect(try door.send(Request(posting: body)).status == 200) }
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
        "by a command bring each result into a row, by the handler, by cron and by the service",
        arguments: examples)
    func orders(example: Example) throws {
        let document = try Document(example.document)
        let database = try shop(example, document)
        try scratch.writeProgram(
            try document.block("php", with: "// update-order: "), to: "home/khoins-callback/update-order")
        let setting = try line("KHOINS_EXEC", document)
            .replacing("/usr/local/lib/khoins-\(example.shop)/update-order", with: "./update-order")
        #expect(document.text.contains("`\(setting)`"), "what a shared host has to write stands there too")
        try scratch.writeSettings("\(setting)\n", to: "home/khoins-callback/khoins-callback.env")
        defer { Followers.end(in: scratch) }
        let pending = Body.short("KH-9003", status: "Proses", text: "R#KH-9003 masih diproses")
        try post(Body.t2, Body.t3, pending, Body.u1, Body.short("KH-UNKNOWN"))
        let serialNumber = "1234-5678-9012-3456-7890/BUDI/R1/900VA/32,1"
        let first = [
            "KH-9001|Success|0124000000001|10155|", "KH-9002|Success|\(serialNumber)|50155|", "KH-9003|Pending|||",
        ]
        try wait(for: "the handler's follower\n\(scratch.logs)") { try rows(database) == first }
        Followers.end(in: scratch)

        // The shop's database is out of reach for a while.
        try file(Body.t4)
        let settings = "\(directory)/\(example.shop).php"
        #expect(rename(settings, "\(settings).away") == 0)
        #expect(try cron(document) == 1)
        #expect(try rows(database) == first)
        #expect(rename("\(settings).away", settings) == 0)
        #expect(try cron(document) == 0)
        #expect(try rows(database) == first.dropLast() + ["KH-9003|Gagal|||Nomor tujuan salah"])
        #expect(scratch.text("home/khoins-callback/follow.log").contains("KH-9003 exited with 1"))

        // The service goes on where cron stopped.
        let unit = try Template.read("scripts/examples/khoins-callback-follow.service", replacing: [:])
        let line = try #require(unit.split(separator: "\n").first { $0.hasPrefix("ExecStart=") })
        let words = line.dropFirst(10).replacing("/usr/local/bin", with: directory).split(separator: " ")
        var command = Command(words.map(String.init)).asServerUser
        command.directory = directory
        let service = try ChildProcess(command, in: scratch, name: "service")
        try file(Body.reversal)
        let last = ["KH-9002|Refund|||Dikembalikan", "KH-9003|Gagal|||Nomor tujuan salah"]
        try wait(for: "row") { try rows(database) == [first[0]] + last }
        service.signal(SIGTERM)
        #expect(try service.ending().status == 0)
    }

    @Test("by forwarding bring each status to the shop's endpoint, and a repeat changes nothing", arguments: examples)
    func endpoint(example: Example) throws {
        let document = try Document(example.document)
        let database = try shop(example, document)
        try scratch.write(
            try document.block("php", with: "// khoins.php: "), to: "home/khoins-callback/khoins.php")
        let port = try LoopbackPort.next()
        let setting = try line("KHOINS_FORWARD", document)
            .replacing(#/https://[^/]+/#, with: "http://127.0.0.1:\(port)")
        try scratch.writeSettings("\(setting)\n", to: "home/khoins-callback/khoins-callback.env")
        let key = try #require(setting.split(separator: "=").last)
        defer { Followers.end(in: scratch) }
        let server = try ChildProcess(
            Command("/usr/bin/php", "-S", "127.0.0.1:\(port)", "-t", directory).asServerUser, in: scratch, name: "shop")
        try wait(for: "endpoint") { (try? StreamSocket(connectingTo: .tcp(port))) != nil || !server.isRunning }

        let pending = Body.short("KH-9003", status: "Proses", text: "R#KH-9003 masih diproses")
        // A top-up whose id is that of an order.
        let topUp = Body.u3.replacing("\"trxid\":9", with: "\"trxid\":\"KH-9003\"")
        try post(Body.t2, Body.t3, pending, topUp, Body.short("KH-UNKNOWN"))
        func statuses() throws -> [String] { try database.sql("SELECT trxid, status FROM orders ORDER BY trxid") }
        func keys() throws -> [String] { try database.sql("SELECT id FROM khoins_seen ORDER BY id") }
        try wait(for: "the endpoint\n\(scratch.logs)") { try keys() == ["1", "2", "3", "4", "5"] }
        #expect(try statuses() == ["KH-9001|Success", "KH-9002|Success", "KH-9003|Pending"])
        try post(Body.t4)
        try wait(for: "the next one") { try statuses().last == "KH-9003|Gagal" }

        // The answer to an earlier one got lost, and so it comes again.
        var repeated = Request("POST", "/khoins.php?key=\(key)")
        repeated.body = Array(Body.t3.utf8)
        repeated.headers = [
            "X-Khoins-Trxid": "KH-9003", "X-Khoins-Status": "Success", "Idempotency-Key": "2", "X-Khoins-Position": "2",
        ]
        let door = HTTPDoor(port: port)
        #expect(try door.send(repeated).status == 204)
        #expect(try statuses().last == "KH-9003|Gagal")
        // Whoever does not know the key is told nothing, and the shop's own fault brings it again.
        var stranger = repeated
        stranger.target = "/khoins.php?key=x"
        #expect(try door.send(stranger).status == 403)
        _ = try database.sql("DROP TABLE khoins_seen")
        #expect(try door.send(repeated).status == 500)
    }

    @Test("by reading say what became of a transaction", arguments: ["docs/shop.md", "docs/id/shop.md"])
    func status(name: String) throws {
        let script = try Document(name).block("php", with: "function khoins_record")
            .replacing("/var/lib/khoins-callback", with: scratch.data.path)
        try scratch.write(script, to: "home/status.php")
        func said() throws -> String {
            let ending = try ChildProcess.run(
                Command("/usr/bin/php", scratch.file("home/status.php")).asServerUser, in: scratch)
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
