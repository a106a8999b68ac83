import Formats
import Foundation
import Journal
import Ledger
import LibFuzzer

@testable import Page

// Any query, cookie and form is answered with a page, and nothing in them becomes markup. An input is three lines: the
// query, the cookies, the form; where there is a form, it is a POST. Whoever has no cookie of his own gets the true one.

@main
enum FuzzPage {
    static func main() { fuzz(fuzzPage) }
}

private let key = String(repeating: "k3", count: 16)
private let now = Timestamp(microseconds: 1_795_612_443_000_000)

/// A data directory with one of everything.
private let directory: String = {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("khoins-fuzz-page-\(getpid())").path
    let report = #"{\"tujuan\":\"0812\",\"status\":\"Success\",\"message\":\"R#KH-1 SUKSES. SN: 0124.\"}"#
    for body in [
        #"{"refid":"KH-1","message":"\#(report)"}"#, #"{"memberid":"toko","amount":"1","message":"{}"}"#, "no callback",
    ] {
        let delivery = Delivery(body: Array(body.utf8), receivedAt: now, remoteAddress: "192.0.2.7")
        _ = Ledger(path: path).commit([Submission(delivery)])
    }
    return path
}()

private let panel = Panel(keys: PageKeys([key]), directory: directory, zone: .wib, version: "1.2.3")
private let cookie = "__Host-khoins=" + PageKeys([key]).cookie(for: Array(key.utf8), until: now.seconds + 60)

private func fuzzPage(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 2, omittingEmptySubsequences: false).map(
        Array.init)
    var request = PanelRequest(method: lines.count > 2 ? "POST" : "GET", query: lines.first ?? [])
    request.isPrivate = true
    request.host = "shop.example"
    request.fetchSite = "same-origin"
    let given = lines.count > 1 ? String(decoding: lines[1], as: UTF8.self) : ""
    request.cookies = given.isEmpty ? cookie : given
    if lines.count > 2 { request.form = lines[2] }
    let response = panel.answer(request, now: now) { nil }.response
    let isSignedIn = request.cookies.contains(cookie)
    precondition(isSignedIn || [303, 403, 429].contains(response.status.rawValue))
    precondition(!response.headers.contains { $0.value.utf8.contains { $0 < 0x20 } })
    let page = String(decoding: response.body, as: UTF8.self)
    precondition(!page.contains(key) && (isSignedIn || !page.contains("KH-1")))
    guard response.contentType.hasPrefix("text/html"), !page.isEmpty else { return 0 }
    precondition(page.hasPrefix("<!DOCTYPE html>") || page.hasPrefix("<!doctype html>"))
    precondition(page.components(separatedBy: "<script").count <= 2 && !page.contains("<img"))
    return 0
}
