import Gateway
import Glibc
import KHOINSCallback
import Ledger

/// Asks the program that serves on a socket, as a web server would (FastCGI specification 1.0), whether a callback
/// could be stored now.
enum SocketCheck {
    private static let subject = "socket"

    /// - Parameter address: `unix:/path`, `127.0.0.1:9000` or `[::1]:9000`; `nil` where nobody said.
    static func result(_ address: String?, _ values: SettingValues) -> CheckResult {
        guard let address else {
            return CheckResult(.skipped, subject, "not asked; KHOINS_LISTEN or --listen says where it is")
        }
        do throws(ClientSocket.Failure) {
            let socket = try connection(to: address)
            try socket.send(request(variables(values)))
            return verdict(address, answer: output(of: try socket.receiveAll()))
        } catch .exchange(let code) {
            return CheckResult(.bad, subject, "\(address) takes connections and does not answer: \(errorText(code))")
        } catch .connect(EACCES) {
            return CheckResult(
                .warning, subject, "this user may not connect to \(address): run this as the web server's user")
        } catch {
            return CheckResult(
                .bad, subject,
                "nobody serves on \(address) (\(error.words)): start `khoins-callback serve` or its service")
        }
    }

    static func verdict(_ address: String, answer: [UInt8]) -> CheckResult {
        let text = String(decoding: answer, as: UTF8.self)
        switch text.hasPrefix("Status: ") ? Int(text.dropFirst(8).prefix(3)) : nil {
        case 200: return CheckResult(.ok, subject, "\(address) answers, and callbacks can be stored")
        case 403:
            return CheckResult(
                .bad, subject, "\(address) refuses these settings: restart the service, if they were changed")
        case 503: return CheckResult(.bad, subject, "\(address) answers, but cannot store callbacks: its log says why")
        case .some(let status):
            return CheckResult(.bad, subject, "\(address) answers \(status): the service's log says why")
        case .none:
            return CheckResult(.bad, subject, "what serves on \(address) does not speak FastCGI as this program does")
        }
    }

    private static func connection(to address: String) throws(ClientSocket.Failure) -> ClientSocket {
        if address.hasPrefix("unix:") { return try ClientSocket(unix: String(address.dropFirst(5))) }
        guard let colon = address.lastIndex(of: ":") else { throw .address("it is no unix:/path and no address:port") }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        return try ClientSocket(
            host: String(host), port: String(address[address.index(after: colon)...]), isNumeric: true)
    }

    private static func variables(_ values: SettingValues) -> [(String, String)] {
        // An address that may post, as the settings have it.
        let allowed = values[.allow]?.split { $0 == "," || $0.isWhitespace }.first?.split(separator: "/").first
        var variables = [("REQUEST_METHOD", "GET"), ("REMOTE_ADDR", allowed.map(String.init) ?? "127.0.0.1")]
        if let token = (try? values.tokens())?.first { variables.append(("HTTP_X_CALLBACK_TOKEN", token)) }
        return variables
    }

    private enum Kind: UInt8 {
        case begin = 1
        case parameters = 4
        case input = 5
        case output = 6
    }

    private static func request(_ variables: [(String, String)]) -> [UInt8] {
        // The role is responder; the connection is closed after the answer.
        var bytes = record(.begin, [0, 1, 0, 0, 0, 0, 0, 0])
        var parameters: [UInt8] = []
        for (name, value) in variables {
            parameters += length(name) + length(value) + Array(name.utf8) + Array(value.utf8)
        }
        bytes += record(.parameters, parameters) + record(.parameters, []) + record(.input, [])
        return bytes
    }

    private static func record(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
        let content = content.prefix(0xFFFF)
        return [1, kind.rawValue, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    private static func length(_ text: String) -> [UInt8] {
        let count = UInt32(text.utf8.count) | 0x8000_0000
        return stride(from: UInt32(24), through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> $0) }
    }

    /// What the records of an answer carry as standard output.
    private static func output(of bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var rest = bytes[...]
        while rest.count >= 8 {
            let head = Array(rest.prefix(8))
            let length = Int(head[4]) << 8 | Int(head[5])
            rest = rest.dropFirst(8)
            if head[1] == Kind.output.rawValue { output += rest.prefix(length) }
            rest = rest.dropFirst(length + Int(head[6]))
        }
        return output
    }
}
