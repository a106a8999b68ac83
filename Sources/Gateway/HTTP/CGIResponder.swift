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

    private let environment: Variables
    private let input = Locked<LedgerError?>(nil)

    /// Why the body could not be read, as far as that is no fault of who sends it.
    package var inputFailure: LedgerError? { input.withLock { $0 } }

    package init(environment: Variables) {
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
        let bytes = response.bytes(withBody: request.method != "HEAD")
        do throws(LedgerError) { try Descriptor.write(bytes, to: STDOUT_FILENO, "the answer") } catch { return false }
        return true
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
            let wanted = min(block.count, limit - body.count)
            do throws(LedgerError) {
                let patience = body.count < count ? deadline.remainingMilliseconds : 0
                guard try Descriptor.hasInput(STDIN_FILENO, "the body", within: patience) else { break }
                let got = try Descriptor.read(STDIN_FILENO, "the body", into: &block, 0..<wanted)
                if got == 0 { break }
                body += block[..<got]
                mayBeMore = got == wanted
            } catch {
                if error.isUntimely { continue }
                // Only a socket tells by an error that the sender has gone.
                if !error.isOfPeer { input.withLock { $0 = error } }
                break
            }
        }
        return body
    }
}
