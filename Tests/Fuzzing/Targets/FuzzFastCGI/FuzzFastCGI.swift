import LibFuzzer
import System

@testable import FastCGI
@testable import Gateway

// Whatever a peer sends, in whatever pieces, comes to the same; what is let through is a request that says the same
// again; and libfcgi, which sees nothing else, reads it and answers.

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
    precondition(whole.stage == pieces.stage && whole.bytes == pieces.bytes && whole.replies == pieces.replies)
    precondition(whole.replies.count <= 2048 && whole.size <= FastCGIAssembly.maximumParameters + 8192)
    guard whole.stage == .complete else { return 0 }

    let again = assembly(of: whole.bytes, pieces: whole.bytes.count)
    precondition(again.stage == .complete && again.bytes == whole.bytes && again.replies.isEmpty)
    do { try library.begin(whole.bytes) } catch { preconditionFailure(error.explanation) }
    _ = Request { library.variable($0) }
    let body = library.read(expecting: nil, limit: maximumBody + 2)
    let answer = library.keep(FastCGIReply(bytes: Array("Status: 200\r\n\r\n".utf8)))
    precondition(answer?.isEmpty == false && body.count <= maximumBody + 1)
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
