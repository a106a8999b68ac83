import CFastCGI
import CLinux
import Glibc

/// libfcgi, as one thread uses it. It never meets a peer: it reads a whole request from a file in memory, and writes
/// its answer behind that. So nothing that a peer does, or leaves undone, can stop it or lead it astray.
///
/// libfcgi keeps pointers back into its request, so that is allocated once and never moves. It accepts connections
/// itself only when it holds none; it is always given one, and has no socket to accept on.
struct FastCGILibrary: ~Copyable {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private var file: Int32 = -1

    /// Must be called once in the process before any value is made; installs libfcgi's signal handlers.
    static func initialize() { FCGX_Init() }

    init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        if file >= 0 { close(file) }
        request.deallocate()
    }

    /// Lets libfcgi read a request, `respond` answer it, and libfcgi write that.
    ///
    /// - Returns: The bytes for the peer; `nil` if there is no memory for it.
    mutating func answer(_ bytes: [UInt8], _ respond: (borrowing FastCGILibrary) -> Void) -> [UInt8]? {
        guard load(bytes) else { return nil }
        request.pointee.ipcFd = file
        // It finishes the request before, if only an empty one, and would close the file with that.
        request.pointee.keepConnection = 1
        guard FCGX_Accept_r(request) == 0 else {
            // It has closed the file.
            file = -1
            return nil
        }
        respond(self)
        drain()
        FCGX_Finish_r(request)
        if request.pointee.ipcFd != file {
            file = -1
            return nil
        }
        request.pointee.ipcFd = -1
        return written(behind: bytes.count)
    }

    /// A CGI variable, copied.
    func variable(_ name: String) -> String? {
        FCGX_GetParam(name, request.pointee.envp).map { String(cString: $0) }
    }

    /// Reads up to `count` bytes of the body; fewer at its end.
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

    /// Writes bytes of the answer, after all of the body has been read.
    func write(_ bytes: [UInt8]) {
        drain()
        bytes.withUnsafeBytes { buffer in
            let text = buffer.assumingMemoryBound(to: CChar.self)
            _ = FCGX_PutStr(text.baseAddress, Int32(text.count), request.pointee.out)
        }
    }

    /// Writes a line for the web server's error log, after all of the body has been read.
    func writeError(_ line: String) {
        drain()
        _ = FCGX_PutS(line, request.pointee.err)
    }

    /// Reading and writing share the file's offset, so whatever is read is read first.
    private func drain() {
        while read(65_536).count == 65_536 {}
    }

    private mutating func load(_ bytes: [UInt8]) -> Bool {
        if file < 0 { file = memfd_create("request", UInt32(MEMFD_CLOEXEC)) }
        guard file >= 0, ftruncate(file, 0) == 0 else { return false }
        let count = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
        return count == bytes.count && lseek(file, 0, SEEK_SET) == 0
    }

    private func written(behind start: Int) -> [UInt8]? {
        let end = lseek(file, 0, SEEK_CUR)
        guard end > start else { return nil }
        let answer = [UInt8](unsafeUninitializedCapacity: end - start) { buffer, initialized in
            initialized = max(0, pread(file, buffer.baseAddress, buffer.count, off_t(start)))
        }
        return answer.count == end - start ? answer : nil
    }
}
