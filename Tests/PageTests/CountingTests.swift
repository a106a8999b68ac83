import Formats
import Foundation
import Journal
import KHOINS
import Ledger
import System
import TestSupport
import Testing

@testable import Page

/// What the page does about a journal that is longer than it has time for.
struct CountingTests {
    private static let key = String(repeating: "k3", count: 16)
    private static let now = Timestamp(microseconds: 1_795_612_443_000_000)
    /// Together more than what is worth an index, and more than one piece of it.
    private static let callbackCount = 40
    private static let bodyLength = 60_000

    private static func filled() throws -> Scratch {
        let scratch = try Scratch(.plain)
        let ledger = Ledger(path: scratch.data.path)
        let filling = String(repeating: "x", count: bodyLength)
        let submissions = (0..<callbackCount).map { number in
            let text = "R#KH-\(number) Transaksi TH10 ke 0812 GAGAL. ket: Nomor salah \(filling)"
            let body = Body.short("KH-\(number)", status: "Gagal", text: text)
            let age = Int64(callbackCount - number) * 1_000_000
            return Submission(
                Delivery(
                    body: Array(body.utf8), receivedAt: Timestamp(microseconds: now.microseconds - age),
                    remoteAddress: "192.0.2.7"))
        }
        for outcome in ledger.commit(submissions).outcomes { _ = try outcome.get() }
        return scratch
    }

    /// Asks somebody who has no time at all.
    private static func ask(_ scratch: Scratch, _ query: String) -> (text: String, refresh: String?) {
        let keys = PageKeys([key])
        let panel = Panel(
            keys: keys, directory: scratch.data.path, zone: .wib, version: "1.2.3", patience: 0)
        var request = PanelRequest(method: "GET", query: Array(query.utf8))
        request.isPrivate = true
        request.host = "shop.example"
        request.cookies = "__Host-khoins=\(keys.cookie(for: Array(key.utf8), until: now.seconds + 60))"
        let response = panel.answer(request, now: now) { nil }.response
        #expect(response.status == .ok)
        return (
            String(decoding: response.body, as: UTF8.self), response.headers.first { $0.name == "Refresh" }?.value
        )
    }

    private static func percent(_ text: String) -> Int? {
        text.range(of: #"<progress max="100" value=""#, options: .literal).flatMap {
            Int(text[$0.upperBound...].prefix { $0.isNumber })
        }
    }

    @Test(
        "The page counts, says how far it is, comes back by itself, and is done at some time",
        arguments: [
            ("", "Menghitung", "Hari ini, "), ("daftar&hl=en", "Counting", "Download CSV"),
            ("saldo", "Menghitung", "Isi saldo"), ("ditolak", "Menghitung", "Ditolak"),
        ])
    func counts(_ query: String, _ title: String, _ expected: String) throws {
        let scratch = try Self.filled()
        var last = -1
        var count = 0
        while true {
            let (text, refresh) = Self.ask(scratch, query)
            guard let percent = Self.percent(text) else {
                #expect(refresh == nil)
                #expect(text.contains(expected) && !text.contains(title))
                break
            }
            #expect(refresh == "1")
            #expect(text.contains("<h1>\(title)</h1>") && text.contains("40 callback") && !text.contains("data-poll"))
            #expect(percent > last && percent < 100)
            last = percent
            count += 1
        }
        #expect(count > 2)
        // Nothing is counted twice.
        #expect(Self.percent(Self.ask(scratch, query).text) == nil)
    }

    @Test("What is told of one record, or as a table, does not wait", arguments: ["trx=KH-7", "daftar&csv", "baru=1"])
    func doesNotWait(_ query: String) throws {
        let scratch = try Self.filled()
        let (text, refresh) = Self.ask(scratch, query)
        #expect(Self.percent(text) == nil && refresh == nil)
        #expect(query == "baru=1" || text.contains("KH-7"))
    }

    @Test("Where nothing can be kept, nobody waits for it: the newest records are looked at")
    func cannotKeep() throws {
        let scratch = try Self.filled()
        try scratch.write("in its place", to: "data/.index")
        let (text, refresh) = Self.ask(scratch, "")
        #expect(Self.percent(text) == nil && refresh == nil)
        #expect(text.contains("Hari ini, ") && text.contains("Nomor salah"))
    }
}
