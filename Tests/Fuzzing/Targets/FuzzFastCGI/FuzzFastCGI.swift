import LibFuzzer
import System

@testable import FastCGI
@testable import Gateway

// Whatever a peer sends, in whatever pieces, comes to the same; what is let through is a request that says the same
// again; and libfcgi answers it.

@main
enum FuzzFastCGI {
    static func main() {
        FastCGILibrary.initialize()
        fuzz(fuzzFastCGI)
    }
}

private let maximumBody = 64
private let library = FastCGILibrary()

private func fuzzFastCGI(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    let whole = assembly(of: bytes, pieces: bytes.count)
    let pieces = assembly(of: bytes, pieces: 1 + Int(bytes.first ?? 0) % 11)
    precondition(whole.stage == pieces.stage && whole.request == pieces.request && whole.replies == pieces.replies)
    precondition(whole.replies.count <= 2048 && whole.size <= FastCGIAssembly.maximumParameters + 8192)
    guard whole.stage == .complete else { return 0 }

    let again = assembly(of: whole.request, pieces: bytes.count)
    precondition(again.stage == .complete && again.request == whole.request && again.replies.isEmpty)
    _ = Request { whole.variable($0) }
    precondition(whole.body.count <= maximumBody + 1)
    let reply = FastCGIReply(bytes: Array("Status: 200\r\n\r\n".utf8))
    guard let answer = try? library.keep(reply, to: whole.requestID) else { preconditionFailure("no answer") }
    let read = FastCGIAnswer(answer)
    precondition(read.isWhole && read.output == reply.bytes)
    return 0
}

private func assembly(of bytes: [UInt8], pieces length: Int) -> FastCGIAssembly {
    var assembly = FastCGIAssembly(maximumBody: maximumBody)
    var rest = bytes[...]
    while !rest.isEmpty, !assembly.isOver {
        let taken = Array(rest.prefix(max(length, 1))).withUnsafeBytes { assembly.take($0) }
        rest = rest.dropFirst(taken)
    }
    assembly.end()
    return assembly
}

extension FastCGIAssembly {
    /// The request as a web server would send it.
    fileprivate var request: [UInt8] {
        FastCGIRecord.bytes(FastCGIRecord.Kind.beginRequest, id: requestID, [0, 1, 1, 0, 0, 0, 0, 0])
            + FastCGIRecord.stream(FastCGIRecord.Kind.parameters, id: requestID, parameters)
            + FastCGIRecord.stream(FastCGIRecord.Kind.standardInput, id: requestID, body)
    }
}
