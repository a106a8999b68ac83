import Foundation
import Glibc
import TestSupport
import Testing

/// The operators' page where something of the machine is in the way.
@Suite("The operators' page says what is wrong")
struct PageTroubleTests {
    private static let pages = ["", "?daftar", "?daftar&csv", "?trx=abc-123", "?saldo", "?ditolak", "?baru=1"]

    /// An installation that has one of each, and a browser that is signed in.
    private func filled() throws -> (Installation, PageSession) {
        let installation = try Installation.prepared(settings: PageSession.settings)
        installation.door = installation.scratch.cgiDoor
        for body in [Body.t1, Body.u1, "no callback"] { _ = try installation.door.send(Request(posting: body)) }
        var session = PageSession(installation.door)
        try session.signIn()
        return (installation, session)
    }

    /// An answer is a whole page, or says in a word that there is none.
    private func expectWhole(_ reply: Reply, _ note: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect([200, 204, 404, 500, 503].contains(reply.status), note, sourceLocation: sourceLocation)
        if reply.headers["content-type"] == "text/html; charset=utf-8" {
            #expect(reply.text.hasSuffix("</html>\n"), note, sourceLocation: sourceLocation)
        }
        #expect(!reply.text.contains(PageSession.key), note, sourceLocation: sourceLocation)
    }

    @Test(
        "in a directory that it may not read",
        arguments: [".", "journal", "transactions", "topups", "rejected", ".index", ".cursors", "archive"])
    func unreadable(name: String) throws {
        let (installation, session) = try filled()
        let folder = "\(installation.scratch.data.path)/\(name)"
        if access(folder, F_OK) != 0 {
            try installation.scratch.makeDirectory("home/data/\(name)")
            ServerUser.own(folder)
        }
        chmod(folder, 0)
        defer { chmod(folder, 0o750) }
        var statuses: [Int] = []
        for page in Self.pages {
            let reply = try session.page(page)
            statuses.append(reply.status)
            expectWhole(reply, "\(name) \(page): \(reply.status) \(reply.text.prefix(2000))")
            if reply.status == 503 {
                #expect(reply.text.contains("Tidak dapat dibaca") || reply.text.contains("rusak"), "\(name) \(page)")
                #expect(reply.text.contains("Permission denied") || reply.text.contains("rusak"), "\(name) \(page)")
            }
        }
        // Without these there is nothing to show; without the others there is less.
        if [".", "journal"].contains(name) { #expect(statuses.first == 503, "\(statuses)") }
        if ["transactions", "topups"].contains(name) { #expect(statuses.contains(503), "\(statuses)") }
        // Nobody is kept from signing in by that, and nobody else gets in.
        #expect(try session.send("?masuk", "key=\(PageSession.key)").status == 303)
        #expect(try session.page("", cookie: "__Host-khoins=1.00").status == 403)
    }

    @Test("with as few descriptors as there may be, whichever one is the first that it cannot have")
    func fewDescriptors() throws {
        let (installation, session) = try filled()
        var isWhole: [Bool] = []
        for limit in 4...40 {
            var door = installation.scratch.cgiDoor
            door.command = door.command.limited("--nofile=\(limit):\(limit)")
            var limited = PageSession(door)
            limited.cookie = session.cookie
            let reply = try limited.page()
            expectWhole(reply, "\(limit): \(reply.status) \(reply.text.prefix(2000))")
            let isRight = reply.status == 200 && !reply.text.contains("Too many open files")
            isWhole.append(isRight)
            if !isRight, reply.status != 500 {
                #expect(reply.text.contains("Too many open files"), "\(limit): \(reply.status) \(reply.text)")
            }
        }
        #expect(isWhole.first == false && isWhole.last == true, "\(isWhole)")
    }
}
