import Foundation
import Glibc

/// Programs that the tests count with, and the executable whose costs they count.
enum Tool {
    /// Whether a test can run: with the tool, and with an executable to measure. In CI always: there it fails without.
    static func areUsable(_ name: String) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return !["", "0", "false"].contains(environment["CI"] ?? "") || (executable != nil && path(name) != nil)
    }

    /// The static release executable; a debug build's costs say nothing.
    static var executable: String? { ProcessInfo.processInfo.environment["KHOINS_TEST_BINARY"] }

    static func path(_ name: String) -> String? {
        ["/usr/local/bin", "/usr/bin", "/bin"].map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static func required(_ path: String?, _ name: String) throws -> String {
        guard let path else { throw Failure("\(name) is missing") }
        return path
    }
}

/// Something went wrong beside what a test looks at.
struct Failure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }

    /// A system call failed.
    init(call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}

/// A fresh directory for one test, which goes away with this value.
final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/khoins-cost.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(call: "mkdtemp") }
        path = String(cString: made)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    var data: String { file("data") }

    /// Bytes of a file; none where it is missing.
    func text(_ name: String) -> String {
        String(decoding: FileManager.default.contents(atPath: file(name)) ?? Data(), as: UTF8.self)
    }
}

/// The secret that these callbacks carry.
let token = "rahasia-9b1c"

/// KHOINS's transaction callback in full; all trxids of one length make bodies of one length.
func callback(_ trxid: String) -> [UInt8] {
    let text = #"R#\#(trxid) [18134]>>>Transaksi TH10 ke 0812000111 Harga:10.155 SUKSES. SN: 0124000000001."#
    let inner =
        #"{\"tujuan\":\"0812000111\",\"trxid\":\"\#(trxid)\",\"status\":\"Success\",\"message\":\"\#(text)\"}"#
    return Array(#"{"refid":"\#(trxid)","message":"\#(inner)"}"#.utf8)
}

/// The variables of a callback's request, as a web server sets them.
func variables(bodyLength: Int) -> [String: String] {
    [
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "REQUEST_URI": "/laporan/khoins/\(token)",
        "SCRIPT_NAME": "/laporan/khoins", "PATH_INFO": "/\(token)", "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "\(bodyLength)", "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
    ]
}
