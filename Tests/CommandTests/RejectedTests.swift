import Formats
import Journal
import KHOINS
import Ledger
import TestSupport
import Testing

@Suite("What was no callback")
struct RejectedTests {
    private let scratch: Scratch
    private let program: Program

    init() throws {
        scratch = try Scratch(.plain)
        program = Program(scratch)
    }

    private func store() throws {
        let cut = Array(#"{"refid":"KH-CUT","message":"{\"status\":\"Succ"#.utf8)
        let time = Timestamp(iso8601: "2026-11-22T08:02:00.000Z") ?? Timestamp(microseconds: 0)
        try scratch.storeDay()
        try scratch.store([
            Delivery(Array("refid=KH-FORM&message=x".utf8), at: "2026-11-21T08:01:00.000Z"),
            Delivery(body: cut, receivedAt: time, remoteAddress: "192.0.2.1", declaredLength: 500),
            Delivery(
                body: [], receivedAt: Timestamp(microseconds: time.microseconds + 60_000_000),
                remoteAddress: "192.0.2.1",
                method: "GET", query: "refid=KH-GET&message=%7B%22status%22%3A%22Success%22%7D"),
            Delivery(
                body: Array("{}".utf8), receivedAt: Timestamp(microseconds: time.microseconds + 120_000_000),
                remoteAddress: "192.0.2.1", method: "POST", query: "memberid=goodlink"),
        ])
    }

    @Test("is listed, newest first, with the id and the reason")
    func list() throws {
        try store()
        let ending = try program.run("list", "--kind", "rejected")
        #expect(ending.status == 0 && ending.errors == "")
        let lines = ending.output.split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines.first == "TIME                     ADDRESS       ID        BYTES  WHY")
        #expect(lines[1].hasPrefix("2026-11-22 15:07:00 WIB  182.23.3.230                9  the body is not JSON"))
        #expect(
            lines[2].hasPrefix(
                "2026-11-22 15:04:00 WIB  192.0.2.1     goodlink      2  the report stands in the URL's query"))
        #expect(
            lines[3].hasPrefix(
                "2026-11-22 15:03:00 WIB  192.0.2.1     KH-GET        0  this came as GET; a callback must"))
        #expect(lines[4].hasPrefix("2026-11-22 15:02:00 WIB  192.0.2.1     KH-CUT "))
        #expect(lines[5].contains("KH-FORM"))
        try scratch.verify()
    }

    @Test("is picked by time and number, and printed as its own JSON and as CSV")
    func forms() throws {
        try store()
        func count(_ arguments: String...) throws -> Int {
            try program.start(["list", "--kind", "rejected", "--json"] + arguments).ending().output
                .split(separator: "\n").count
        }
        #expect(try count() == 5)
        #expect(try count("--since", "2026-11-22") == 4)
        #expect(try count("--since", "2026-11-22 15:03", "--limit", "2") == 2)
        #expect(try count("--older-than", "2026-11-22 15:02:30") == 2)
        let json = try program.run("list", "--kind", "rejected", "--json", "--since", "2026-11-22 15:03").output
        #expect(
            json.contains(
                #""method":"GET","query":"refid=KH-GET&message=%7B%22status%22%3A%22Success%22%7D","trxid":"KH-GET","error":"#
            ))
        #expect(json.contains(#""method":"POST","query":"memberid=goodlink","memberid":"goodlink","error":"#))
        let csv = try program.run("list", "--kind", "rejected", "--csv", "--limit", "2").output
        #expect(csv.contains("time,zone,receivedAt,remoteAddress,method,query,trxid,memberid,bytes,error,file\r\n"))
        #expect(csv.contains(",'192.0.2.1,POST,memberid=goodlink,,goodlink,2,\"the report stands"))
        #expect(try program.run("list", "--kind", "rejected", "--status", "Gagal").status == 64)
    }

    @Test(
        "is shown where there is no record of the id, and the exit status says that there is none",
        arguments: ["KH-FORM", "KH-CUT", "KH-GET"])
    func show(id: String) throws {
        try store()
        let ending = try program.run("show", id)
        #expect(ending.status == 1)
        #expect(
            ending.errors
                == "khoins-callback: there is no transaction and no top-up “\(id)”, but a rejected delivery names it:\n"
        )
        #expect(
            ending.output.contains("trxid          \(id)\n")
                && ending.output.contains("file           rejected/2026112"))
        let json = try program.run("show", id, "--json")
        #expect(json.status == 1 && json.output.contains("\"trxid\":\"\(id)\""))
        #expect(try program.run("show", id, "--raw").status == 1)
    }

    @Test("does not stand before a record, nor is it found by a part of an id")
    func recordFirst() throws {
        try store()
        try scratch.store([Delivery(Body.success("KH-GET"), at: "2026-11-22T09:00:00.000Z")])
        let ending = try program.run("show", "KH-GET")
        #expect(ending.status == 0 && ending.errors == "" && ending.output.contains("final: delivered"))
        for part in ["KH", "KH-FOR", "kh-form", ""] {
            #expect(try program.run("show", part).output == "")
        }
    }

    @Test("is named by check, which does not call it a fault")
    func check() throws {
        try store()
        var program = program
        program.environment["KHOINS_TOKEN"] = "4f1d2c9e7b6a5083c1d2e3f4a5b6c7d8"
        let ending = try program.run("check")
        #expect(ending.status == 0)
        #expect(
            ending.output.contains(
                "5 rejected deliveries, the newest of 2026-11-22 15:07:00 WIB: `khoins-callback list"))
    }
}
