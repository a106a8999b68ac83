import FastCGI
import Gateway
import Glibc
import System

/// Asks the program that serves on a socket, as a web server would (FastCGI specification 1.0), whether a callback
/// could be stored now.
package enum SocketCheck {
    private static let subject = "socket"

    /// - Parameter address: `unix:/path`, `127.0.0.1:9000` or `[::1]:9000`; `nil` where nobody said.
    package static func result(_ address: String?, _ values: SettingValues) -> CheckResult {
        guard let address else {
            return CheckResult(.skipped, subject, "not asked; KHOINS_LISTEN or --listen says where it is")
        }
        do throws(ClientSocket.Failure) {
            let socket = try connection(to: address)
            try socket.send(FastCGIMessage.request(variables(values)))
            return verdict(address, answer: FastCGIAnswer(try socket.receiveAll()).output)
        } catch .exchange(let error) {
            return CheckResult(.bad, subject, "\(address) takes connections and does not answer: \(error.reason)")
        } catch .connect(let error) where error.isDenied {
            return CheckResult(
                .warning, subject, "this user may not connect to \(address): run this as the web server's user")
        } catch {
            return CheckResult(
                .bad, subject,
                "nobody serves on \(address) (\(error.words)): start `khoins-callback serve` or its service")
        }
    }

    package static func verdict(_ address: String, answer: [UInt8]) -> CheckResult {
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
}
