import CFastCGI
import CLinux
import Glibc
import System

/// libfcgi, with one request at a time. It never reads from a peer: it reads a whole request from a file in memory. So
/// nothing that a peer does, or leaves undone, can stop it or lead it astray.
///
/// libfcgi keeps pointers back into its request, so that is allocated once and never moves. It accepts connections
/// itself only when it holds none; it is always given one, and has no socket to accept on.
package final class FastCGILibrary: @unchecked Sendable {
    // Belongs to one thread at a time: to the one that begins a request, and then to the one that finishes it.

    private let request: UnsafeMutablePointer<FCGX_Request>
    private var file: Int32 = -1
    /// Bytes that the file takes.
    private var fileLength = 0
    /// More than this is given back when a request is over.
    private static let keptLength = 256 << 10

    /// Must be called once in the process before any value is made; installs libfcgi's signal handlers.
    static func initialize() {
        // Before it closes a connection on which an answer could not be written, libfcgi would wait for the peer.
        setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 0)
        FCGX_Init()
    }

    package init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        if file >= 0 { close(file) }
        request.deallocate()
    }

    /// Finds out whether there is memory for a request.
    package static func probe() throws(LedgerError) {
        try FastCGILibrary().load([UInt8](repeating: 0, count: 65_536))
    }

    /// Lets libfcgi read a request. `keep` or `send` must follow.
    ///
    /// - Throws: Why there is no memory for it; then nothing must follow.
    package func begin(_ bytes: [UInt8]) throws(LedgerError) {
        try load(bytes)
        request.pointee.ipcFd = file
        // It finishes the request before, if only an empty one, and would close the file with that.
        request.pointee.keepConnection = 1
        guard FCGX_Accept_r(request) == 0 else {
            // It has closed the file.
            file = -1
            throw .wantOfMemory("FCGX_Accept_r", "request")
        }
    }

    /// Bytes of an answer that libfcgi holds back until its end; of more, it writes some at once.
    package static let longestHeldBack = 8_000

    /// Lets libfcgi write an answer of at most `longestHeldBack` bytes to a peer; never waits. A peer that has no room for
    /// so little has stopped reading.
    ///
    /// - Returns: Whether all was taken. If not, libfcgi has closed the peer's descriptor.
    package func send(_ answer: FastCGIReply, to descriptor: Int32) -> Bool {
        drain()
        write(answer)
        request.pointee.ipcFd = descriptor
        FCGX_Finish_r(request)
        defer {
            request.pointee.ipcFd = -1
            giveBack()
        }
        return request.pointee.ipcFd == descriptor
    }

    /// Lets libfcgi write an answer into memory.
    ///
    /// - Returns: The bytes for the peer; `nil` if there is no memory for it.
    package func keep(_ answer: FastCGIReply) -> [UInt8]? {
        drain()
        // Reading and writing share the file's offset.
        let start = lseek(file, 0, SEEK_CUR)
        write(answer)
        FCGX_Finish_r(request)
        if request.pointee.ipcFd != file {
            file = -1
            return nil
        }
        request.pointee.ipcFd = -1
        defer { giveBack() }
        return start < 0 ? nil : written(behind: start)
    }

    /// A CGI variable, copied.
    package func variable(_ name: String) -> String? {
        FCGX_GetParam(name, request.pointee.envp).map { String(cString: $0) }
    }

    /// Reads up to `limit` bytes of the body; fewer at its end.
    ///
    /// - Parameter expected: How many there should be.
    package func read(expecting expected: Int?, limit: Int) -> [UInt8] {
        var body: [UInt8] = []
        var wanted = expected.map { $0 + 1 } ?? 65_536
        while body.count < limit {
            wanted = min(limit - body.count, wanted, 65_536)
            let block = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
                initialized = buffer.withMemoryRebound(to: CChar.self) {
                    max(0, Int(FCGX_GetStr($0.baseAddress, Int32(wanted), request.pointee.in)))
                }
            }
            body += block
            if block.count < wanted { break }
            wanted = 65_536
        }
        return body
    }

    /// Whatever is left of the body must be read before anything is written.
    private func drain() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
            while FCGX_GetStr(buffer.baseAddress, Int32(buffer.count), request.pointee.in) == Int32(buffer.count) {}
        }
    }

    private func write(_ answer: FastCGIReply) {
        if let line = answer.errorLine { _ = FCGX_PutS(line, request.pointee.err) }
        answer.bytes.withUnsafeBytes { buffer in
            let text = buffer.assumingMemoryBound(to: CChar.self)
            _ = FCGX_PutStr(text.baseAddress, Int32(text.count), request.pointee.out)
        }
    }

    private func load(_ bytes: [UInt8]) throws(LedgerError) {
        if file < 0 { file = try MemoryFile.make("request") }
        // What an earlier, longer request left behind this one is never asked for: a request says where it ends.
        do throws(LedgerError) {
            try MemoryFile.load(bytes, into: file, "the request's memory")
        } catch {
            // What is the matter with it may be over with another one.
            close(file)
            file = -1
            throw error
        }
        fileLength = max(fileLength, bytes.count)
    }

    /// Lets go of what a large request took.
    private func giveBack() {
        if fileLength > Self.keptLength, file >= 0 { _ = ftruncate(file, 0) } else { return }
        fileLength = 0
    }

    private func written(behind start: Int) -> [UInt8]? {
        let end = lseek(file, 0, SEEK_CUR)
        guard end > start else { return nil }
        fileLength = max(fileLength, Int(end))
        let answer = [UInt8](unsafeUninitializedCapacity: Int(end - start)) { buffer, initialized in
            initialized = max(0, pread(file, buffer.baseAddress, buffer.count, off_t(start)))
        }
        return answer.count == end - start ? answer : nil
    }
}
