import Glibc
import System

/// Answers one request as a CGI program (RFC 3875): variables in the environment, body on standard input, answer on
/// standard output.
package struct CGIResponder {
    /// Seconds that a body may take to come; web servers have time-outs of their own, but not all of them end what
    /// they started.
    private static let bodyTimeout = 30
    /// Bytes of an unwanted body that are read all the same.
    private static let maximumDrained = 1 << 20

    private let environment: [String: String]
    private let input = Locked<LedgerError?>(nil)

    /// Why the body could not be read, as far as that is no fault of who sends it.
    package var inputFailure: LedgerError? { input.withLock { $0 } }

    package init(environment: [String: String]) {
        self.environment = environment
    }

    /// Reads the request, lets `answer` do the work, and writes what that replies before it returns.
    ///
    /// - Returns: Whether the web server took the whole answer.
    @discardableResult
    package func respond(
        _ answer: (Request, Request.BodyReader, @escaping @Sendable (Response) -> Void) -> Void
    ) -> Bool {
        let request = Request { environment[$0] }
        let deadline = Deadline(seconds: Self.bodyTimeout)
        var received = 0
        let reply = Locked(Response.unavailable)
        let readBody = { (expected: Int?, limit: Int) in
            let body = read(expected ?? limit, limit: limit, before: deadline)
            received += body.count
            return body
        }
        answer(request, readBody) { response in reply.withLock { $0 = response } }
        let response = reply.withLock { $0 }
        // Apache's mod_cgid sends the body and takes the answer over one socket: closing that with bytes unread would
        // reset it, and the answer would be lost. A length that is not told means "to the end" for a POST alone:
        // for others the input may never end.
        let expected = request.contentLength ?? (request.method == "POST" ? Self.maximumDrained : 0)
        let left = min(expected, Self.maximumDrained) - received
        if left > 0 { _ = read(left, limit: left, before: deadline) }
        return Self.write(response.bytes(withBody: request.method != "HEAD"))
    }

    /// Tells the web server that the answer is complete, while the program still has work to do.
    package static func endAnswer() {
        // Other descriptors must not get these numbers, or something might be written to them by mistake. Apache's
        // mod_cgid uses one socket for both.
        let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nothing >= 0 else { return }
        dup2(nothing, STDIN_FILENO)
        dup2(nothing, STDOUT_FILENO)
        close(nothing)
    }

    /// Reads `count` bytes, and those behind them that are there already, up to `limit`; fewer at the end of the input, on
    /// an error, or when time is up. What a server sends behind the length that it tells came with the rest.
    private func read(_ count: Int, limit: Int, before deadline: Deadline) -> [UInt8] {
        var body: [UInt8] = []
        var block = [UInt8](repeating: 0, count: min(max(count + 1, 512), 65_536))
        // A read that had room left has taken all there was.
        var mayBeMore = true
        while body.count < limit, body.count < count || mayBeMore {
            var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            let ready = poll(&descriptor, 1, body.count < count ? deadline.remainingMilliseconds : 0)
            if ready < 0, errno == EINTR { continue }
            if ready < 0 { fail("poll", errno) }
            guard ready > 0 else { break }
            let wanted = min(block.count, limit - body.count)
            let got = block.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, wanted) }
            if got < 0, errno == EINTR || errno == EAGAIN { continue }
            // Only a socket tells by an error that the sender has gone.
            if got < 0, errno != ECONNRESET { fail("read", errno) }
            guard got > 0 else { break }
            body += block[..<got]
            mayBeMore = got == wanted
        }
        return body
    }

    private func fail(_ call: String, _ code: Int32) {
        input.withLock { $0 = .system(call: call, path: "the body", errno: code) }
    }

    private static func write(_ bytes: [UInt8]) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
