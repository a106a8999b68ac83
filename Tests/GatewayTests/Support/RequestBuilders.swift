import Formats
import Glibc
import Journal
import KHOINS
import Ledger
import Testing

@testable import Gateway

extension Timestamp {
    /// 2026-11-22T08:18:33.123456Z
    static var test: Timestamp {
        Timestamp(
            CivilTime(year: 2026, month: 11, day: 22, hour: 8, minute: 18, second: 33), microsecond: 123_456)
    }
}

extension Request {
    /// A request with these CGI variables; a POST with the token in its path, unless told otherwise.
    static func test(_ method: String = "POST", _ variables: [String: String] = [:]) -> Request {
        var all = [
            "REQUEST_METHOD": method, "REMOTE_ADDR": "182.23.3.230", "REQUEST_URI": "/laporan/khoins/s3cret",
        ]
        all.merge(variables) { $1 }
        return Request { all[$0] }
    }
}

/// A request's variables and nothing else.
func request(_ variables: [String: String]) -> Request { Request { variables[$0] } }

/// The seed's own example, with its token in no place.
let seedBody = Array(
    #"{"refid":"abc-123","message":"{\"status\":\"Success\",\"message\":\"R#abc-123... SUKSES. SN: 12345...\"}"}"#.utf8)

/// What was written to a log, which is a file of its own.
final class CapturedLog {
    private let descriptor: Int32

    init() {
        var template = Array("/tmp/khoins-log-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        unlink(template)
        #expect(descriptor >= 0)
    }

    deinit { close(descriptor) }

    var log: EventLog { EventLog(writingTo: descriptor) }

    var text: String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

extension EventLog {
    /// What became of one delivery.
    func stored(trxid: String, result: Change, _ delivery: Delivery) {
        committed([(Submission(delivery), .success(.filed(trxid: trxid, memberid: nil, change: result)))])
    }

    func rejected(_ delivery: Delivery) {
        committed([(Submission(delivery), .success(.rejected(.unreadable(.empty))))])
    }
}
