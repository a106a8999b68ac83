import CFastCGI
import CLinux
import Glibc
import System

/// libfcgi, with one answer at a time. It takes up the role of a responder, frames what is answered, and ends the
/// request. It never reads from a peer: the head that tells it which request it answers is read from a file in memory.
/// So nothing that a peer does, or leaves undone, can stop it or lead it astray.
///
/// libfcgi keeps pointers back into its request, so that is allocated once and never moves. It accepts connections
/// itself only when it holds none; it is always given one, and has no socket to accept on.
package final class FastCGILibrary: @unchecked Sendable {
    // Belongs to the thread that answers with it.

    private let request: UnsafeMutablePointer<FCGX_Request>
    /// Holds the head of `requestID`, and behind it perhaps an answer.
    private var file: Int32 = -1
    private var requestID: UInt16?

    /// Must be called once in the process before any value is made; installs libfcgi's signal handlers.
    static func initialize() {
        // Before it closes a connection on which an answer could not be written, libfcgi would wait for the peer.
        setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 0)
        FCGX_Init()
    }

    init() {
        request = .allocate(capacity: 1)
        FCGX_InitRequest(request, -1, 0)
    }

    deinit {
        if file >= 0 { close(file) }
        request.deallocate()
    }

    /// Finds out whether there is memory for the head of a request.
    package static func probe() throws(LedgerError) { try FastCGILibrary().load(1) }

    /// Bytes of an answer that libfcgi holds back until its end; of more, it writes some at once.
    static let longestHeldBack = 8_000

    /// Lets libfcgi write an answer of at most `longestHeldBack` bytes to a peer; never waits. A peer that has no room for
    /// so little has stopped reading.
    ///
    /// - Parameter id: The number of the request that is answered.
    /// - Returns: Whether all was taken. If not, libfcgi has closed the peer's descriptor.
    /// - Throws: Why there is no memory for it; then nothing was sent.
    func send(_ answer: FastCGIReply, to id: UInt16, on descriptor: Int32) throws(LedgerError) -> Bool {
        try begin(id)
        write(answer)
        request.pointee.ipcFd = descriptor
        FCGX_Finish_r(request)
        defer { request.pointee.ipcFd = -1 }
        return request.pointee.ipcFd == descriptor
    }

    /// Lets libfcgi write an answer into memory.
    ///
    /// - Returns: The bytes for the peer.
    /// - Throws: Why there is no memory for it.
    func keep(_ answer: FastCGIReply, to id: UInt16) throws(LedgerError) -> [UInt8] {
        try begin(id)
        // Reading and writing share the file's offset.
        let start = lseek(file, 0, SEEK_CUR)
        write(answer)
        FCGX_Finish_r(request)
        if request.pointee.ipcFd != file {
            file = -1
            throw .wantOfMemory("write", "the answer's memory")
        }
        request.pointee.ipcFd = -1
        defer {
            // It takes no more memory than it needs.
            requestID = nil
            _ = ftruncate(file, 0)
        }
        let end = lseek(file, 0, SEEK_CUR)
        guard start >= 0, end > start else { throw .wantOfMemory("lseek", "the answer's memory") }
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(end - start)) { buffer, initialized in
            initialized = max(0, pread(file, buffer.baseAddress, buffer.count, off_t(start)))
        }
        guard bytes.count == end - start else { throw .wantOfMemory("read", "the answer's memory") }
        return bytes
    }

    /// Lets libfcgi begin an answer, which must be ended.
    private func begin(_ id: UInt16) throws(LedgerError) {
        try load(id)
        request.pointee.ipcFd = file
        // It finishes the request before, if only an empty one, and would close the file with that.
        request.pointee.keepConnection = 1
        guard FCGX_Accept_r(request) == 0 else {
            // It has closed the file.
            file = -1
            throw .wantOfMemory("FCGX_Accept_r", "request")
        }
    }

    /// Puts the head of a request where libfcgi reads it. Web servers give all of theirs the same number.
    private func load(_ id: UInt16) throws(LedgerError) {
        if file >= 0, requestID == id, lseek(file, 0, SEEK_SET) == 0 { return }
        do throws(LedgerError) {
            if file < 0 { file = try MemoryFile.make("request") }
            try MemoryFile.load(FastCGIRecord.emptyRequest(id: id), into: file, "the request's memory")
            requestID = id
        } catch {
            // What is the matter with it may be over with another one.
            if file >= 0 { close(file) }
            file = -1
            throw error
        }
    }

    private func write(_ answer: FastCGIReply) {
        if let line = answer.errorLine { _ = FCGX_PutS(line, request.pointee.err) }
        answer.bytes.withUnsafeBytes { buffer in
            let text = buffer.assumingMemoryBound(to: CChar.self)
            _ = FCGX_PutStr(text.baseAddress, Int32(text.count), request.pointee.out)
        }
    }
}
