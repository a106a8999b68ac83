import CFastCGI
import Glibc

/// The FastCGI side of one worker, through libfcgi. Connections are accepted and closed elsewhere; here one that has
/// something to say is served.
///
/// libfcgi keeps pointers back into its request, so that is allocated once and never moves. It accepts connections
/// itself only when it holds none; it is always given one, and has no socket to accept on.
struct FastCGIConnection: ~Copyable {
    private let request: UnsafeMutablePointer<FCGX_Request>

    /// Must be called once in the process before any value is made; installs libfcgi's signal handlers.
    static func initializeLibrary() { FCGX_Init() }

    init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        request.deallocate()
    }

    /// What is left of a connection after a request.
    enum Remains: Equatable {
        /// The peer wants to send another request over it.
        case kept
        /// To be closed.
        case done
        /// libfcgi has closed it already: it had nothing to say that is FastCGI.
        case closed
    }

    /// Reads one request from a connection, lets `respond` answer it, and sends that.
    func serve(_ connection: Int32, _ respond: (borrowing FastCGIConnection) -> Void) -> Remains {
        request.pointee.ipcFd = connection
        // So that nothing closes the connection before the request has been read.
        request.pointee.keepConnection = 1
        guard FCGX_Accept_r(request) == 0 else { return .closed }
        respond(self)
        drain()
        let isKept = request.pointee.keepConnection != 0
        request.pointee.keepConnection = 1
        FCGX_Finish_r(request)
        // After a broken stream libfcgi closes by itself.
        guard request.pointee.ipcFd == connection else { return .closed }
        request.pointee.ipcFd = -1
        return isKept ? .kept : .done
    }

    /// A CGI variable, copied.
    func variable(_ name: String) -> String? {
        FCGX_GetParam(name, request.pointee.envp).map { String(cString: $0) }
    }

    /// Reads up to `count` bytes of the body; fewer at its end, or when the peer fails to send more.
    func read(_ count: Int) -> [UInt8] {
        var body: [UInt8] = []
        while body.count < count {
            let wanted = min(count - body.count, 65_536)
            let block = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
                initialized = buffer.withMemoryRebound(to: CChar.self) {
                    max(0, Int(FCGX_GetStr($0.baseAddress, Int32(wanted), request.pointee.in)))
                }
            }
            body += block
            if block.count < wanted { break }
        }
        return body
    }

    /// Sends bytes of the answer.
    func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            let text = buffer.assumingMemoryBound(to: CChar.self)
            // The outcome shows when the request is finished: a peer that is gone has lost an answer, not a callback.
            _ = FCGX_PutStr(text.baseAddress, Int32(text.count), request.pointee.out)
        }
    }

    /// Sends a line to the web server's error log.
    func writeError(_ line: String) {
        _ = FCGX_PutS(line, request.pointee.err)
    }

    /// Reads what is left of the body, up to a bound: some web servers take no answer before they have sent it all.
    private func drain() {
        var left = 1 << 20
        while left > 0, case let count = read(min(left, 65_536)).count, count > 0 { left -= count }
    }
}
