import Formats
import KHOINS
import LibFuzzer
import MutatedCallbacks

@testable import Journal
@testable import Ledger

// A body becomes a record and comes back from its file the same; a repeat of it only counts; the name stays inside the
// directory. The same bytes choose a callback and what happens to it on its way: it is read as what it means, or as
// unknown, and filed under its own id or not at all.

private let arrival = Timestamp(iso8601: "2026-11-22T08:18:33.123456Z") ?? Timestamp(microseconds: 0)
private let first = Position(1)
private let second = Position(2)

@main
enum FuzzCallback {
    static func main() { fuzz(fuzzCallback) }
}

private func fuzzCallback(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let body = Array(UnsafeBufferPointer(start: start, count: count))
    if let finding = MutatedCallback(body).finding { fatalError(finding) }
    let delivery = Delivery(body: body, receivedAt: arrival, remoteAddress: "192.0.2.1")
    guard case .callback(let callback, let name) = Interpretation(delivery) else { return 0 }

    let fileName = name.path.split(separator: "/", omittingEmptySubsequences: false)
    precondition(fileName.count == 2 && fileName[1].utf8.count <= 255 && fileName[1].hasSuffix(".json"))
    precondition(!fileName[1].hasPrefix(".") && fileName[1].utf8.allSatisfy { (0x21...0x7E).contains($0) })

    let (record, change) = Record.applying(delivery, interpretation: callback, at: first, to: nil)
    precondition(change == .created)
    let json = record.json
    guard let again = Record(json: json) else { fatalError("the record cannot be read back") }
    precondition(again.json == json)
    precondition(again.deliveries.first?.body == body)
    let (repeated, repeatedChange) = Record.applying(delivery, interpretation: callback, at: second, to: again)
    precondition(repeatedChange == .duplicate && repeated.status == record.status)
    precondition(Record.applying(delivery, interpretation: callback, at: second, to: repeated).change == .none)
    return 0
}
