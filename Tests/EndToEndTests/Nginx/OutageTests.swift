import Foundation
import TestSupport
import Testing

/// What docs/nginx.md says under "While the handler is down".
@Suite("Callbacks that came while the handler was down", .needs("nginx"))
struct OutageTests {
    private static let count = 100

    /// Bodies that are all about another record; quotes, line ends, other alphabets and long ones among them.
    private static let bodies = (0..<count).map { number in
        switch number % 5 {
        case 0: Body.short("KH-\(number)", status: "Gagal", text: "R#x GAGAL. ket: \\\\\\\"Nomor\\\\\\\" salah 😀")
        case 1: Body.short("KH/\(number)", text: "satu\\\\ndua\\\\tCAFÉ")
        case 2: Body.padded("KH-\(number)", to: 60_000)
        case 3: Body.t3.replacing("KH-9001", with: "KH-\(number)")
        default: Body.u3.replacing("\"trxid\":9", with: "\"trxid\":\(number)")
        }
    }

    private func run(_ installation: Installation, _ arguments: String..., input: [UInt8] = []) throws -> Ending {
        var command = installation.scratch.command(arguments)
        command.input = input
        return try ChildProcess.run(command, in: installation.scratch, name: "command")
    }

    private func logged(_ scratch: Scratch) throws -> [JSON] {
        let log = try Data(contentsOf: URL(fileURLWithPath: scratch.file("logs/khoins-bodies.jsonl")))
        return try log.split(separator: UInt8(ascii: "\n")).map { try JSON($0) }
    }

    @Test("are all filed by an import of nginx's log, and by a second one only counted")
    func imported() throws {
        let installation = try Installation.prepared()
        let (scratch, data) = (installation.scratch, installation.scratch.data)
        let socket = scratch.file("run/handler.sock")
        let handler = try installation.serve(on: .unix(socket))
        try installation.nginx(handler: .unix(socket))
        try installation.waitUntilHealthy()
        handler.stop()
        for body in Self.bodies { #expect(try installation.door.send(Request(posting: body)).status == 502) }
        try wait(for: "log") { try logged(scratch).count == Self.count }
        #expect(data.names("transactions", "topups") == [])
        try installation.serve(on: .unix(socket))

        // The log is root's alone.
        let log = Array(try Data(contentsOf: URL(fileURLWithPath: scratch.file("logs/khoins-bodies.jsonl"))))
        let first = try run(installation, "import", "-", input: log)
        #expect(first.status == 0 && first.errors == "", "\(first.errors)")
        #expect(
            first.output == """
                100  created
                  0  updated
                  0  there already
                  0  no callback, kept under rejected/

                """)
        let names = data.names("transactions", "topups", "rejected")
        #expect(names.count == Self.count)
        #expect(try Self.deliveries(data) == (try expected(scratch, count: 1)))
        let listing = try run(installation, "list", "--all").output

        let second = try run(installation, "import", "-", "--json", input: log)
        #expect(second.status == 0 && second.errors == "")
        let counts = #"{"created":0,"updated":0,"duplicate":100,"rejected":0,"answered":0,"unusable":0,"failed":0}"#
        #expect(second.output == counts + "\n")
        #expect(data.names("transactions", "topups", "rejected") == names)
        #expect(try Self.deliveries(data) == (try expected(scratch, count: 2)))
        #expect(try run(installation, "list", "--all").output == listing)

        // KHOINS may send one of them again after all.
        let again = try installation.door.send(Request(posting: Self.bodies[0]))
        #expect(again.status == 200 && again.json?["result"] == "duplicate")
        #expect(try run(installation, "verify").status == 0)
        #expect(try data.findings() == [])
    }

    /// What the records tell of each body: from where, when to the second, and how often.
    private static func deliveries(_ data: DataDirectory) throws -> [String: [String]] {
        var told: [String: [String]] = [:]
        for name in data.names("transactions", "topups") {
            for delivery in try data.json(name)["deliveries"]?.array ?? [] {
                let time = delivery["receivedAt"]?.string ?? ""
                told[delivery["body"]?.string ?? "", default: []] += [
                    delivery["remoteAddress"]?.string ?? "", String(time.prefix(19)),
                    "\(delivery["count"].map { "\($0)" } ?? "")",
                ]
            }
        }
        return told
    }

    /// The same, of what nginx logged.
    private func expected(_ scratch: Scratch, count: Int) throws -> [String: [String]] {
        var told: [String: [String]] = [:]
        for line in try logged(scratch) {
            let time = try Date(line["time"]?.string ?? "", strategy: .iso8601)
            told[line["body"]?.string ?? ""] = [
                line["remote_addr"]?.string ?? "", String(time.ISO8601Format().prefix(19)), "\(JSON.number(count))",
            ]
        }
        return told
    }
}
