import Testing

@testable import FastCGI

@Suite("A FastCGI request that comes together")
struct FastCGIAssemblyTests {
    private typealias Kind = FastCGIRecord.Kind

    private static func begin(id: UInt16 = 1, role: UInt8 = 1, flags: UInt8 = 0) -> [UInt8] {
        FastCGIRecord.bytes(Kind.beginRequest, id: id, [0, role, flags, 0, 0, 0, 0, 0])
    }

    private static func parameters(_ content: [UInt8]) -> [UInt8] {
        FastCGIRecord.stream(Kind.parameters, id: 1, content)
    }

    private static let head = begin() + parameters([3, 2] + Array("KEYok".utf8))
    private static let whole = head + FastCGIRecord.stream(Kind.standardInput, id: 1, Array("{}".utf8))

    /// What comes of bytes in pieces of a length.
    private func assembly(_ bytes: [UInt8], pieces: Int = .max, maximumBody: Int = 100) -> FastCGIAssembly {
        var assembly = FastCGIAssembly(maximumBody: maximumBody)
        var rest = bytes[...]
        while !rest.isEmpty, !assembly.isOver {
            let taken = Array(rest.prefix(pieces)).withUnsafeBytes { assembly.take($0) }
            rest = rest.dropFirst(taken)
        }
        return assembly
    }

    @Test("is the same whatever the pieces and the padding", arguments: [1, 2, 3, 7, 8, 9, 64, 1000])
    func pieces(_ length: Int) {
        let result = assembly(Self.whole, pieces: length)
        #expect(result.stage == .complete)
        #expect(result.request == assembly(Self.whole).request)
        var padded = Self.whole
        padded[6] = 255
        padded.insert(contentsOf: [UInt8](repeating: 9, count: 255), at: 16)
        #expect(assembly(padded, pieces: length).request == result.request)
    }

    @Test("leaves what follows for the next request")
    func pipelining() {
        var first = FastCGIAssembly(maximumBody: 100)
        #expect((Self.whole + Self.whole).withUnsafeBytes { first.take($0) } == Self.whole.count)
    }

    @Test(
        "keeps nothing of what is dropped but whom to answer, and ends where it would have",
        arguments: [0, 5, 20, 40, 64])
    func dropped(_ kept: Int) {
        var assembly = FastCGIAssembly(maximumBody: 100)
        let whole =
            Self.begin(id: 7, flags: 1) + FastCGIRecord.stream(Kind.parameters, id: 7, [3, 2] + Array("KEYok".utf8))
            + FastCGIRecord.stream(Kind.standardInput, id: 7, Array("{}".utf8))
        _ = whole[..<min(kept, whole.count)].withUnsafeBytes { assembly.take($0) }
        assembly.drop()
        let rest = whole[min(kept, whole.count)...] + whole
        let taken = Array(rest).withUnsafeBytes { assembly.take($0) }
        #expect(taken == max(0, whole.count - kept))
        #expect(assembly.stage == .complete)
        #expect(assembly.requestID == 7)
        #expect(assembly.keepsConnection)
        #expect(assembly.size == 0)
    }

    private static let refused: [(String, [UInt8])] = [
        ("garbage", Array("GET / HTTP/1.1\r\n\r\n".utf8)), ("another version", [2] + begin().dropFirst()),
        ("the number 0", begin(id: 0)), ("a short beginning", FastCGIRecord.bytes(Kind.beginRequest, id: 1, [0, 1])),
        ("a long beginning", FastCGIRecord.bytes(Kind.beginRequest, id: 1, [UInt8](repeating: 0, count: 4000))),
        ("two beginnings", begin() + begin()), ("another role", begin(role: 2)),
        ("an abort before its parameters ended", begin() + FastCGIRecord.bytes(Kind.abortRequest, id: 1, [])),
        (
            "a name that is longer than everything",
            begin() + parameters([0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFE, 65])
        ),
        ("a value that is longer than everything", begin() + parameters([1, 0x80, 0, 0, 9, 65, 66])),
        ("a length that is cut off", begin() + parameters([1, 0x80, 0])),
        ("a name without a value", begin() + parameters([1])),
        (
            "parameters without end",
            begin()
                + (0..<3).flatMap { _ in
                    FastCGIRecord.bytes(Kind.parameters, id: 1, [UInt8](repeating: 0, count: 65_535))
                }
        ),
        ("questions without end", (0..<100).flatMap { _ in FastCGIRecord.bytes(99, id: 0, []) }),
    ]

    @Test("is refused where it is none", arguments: refused.indices)
    func refusals(_ index: Int) {
        let (name, bytes) = Self.refused[index]
        #expect(assembly(bytes).stage == .refused, "\(name)")
        #expect(assembly(bytes, pieces: 5).stage == .refused, "\(name)")
    }

    @Test("is not disturbed by records that are not about it")
    func foreignRecords() {
        let other = FastCGIRecord.bytes(Kind.standardInput, id: 2, [1, 2, 3]) + FastCGIRecord.bytes(77, id: 1, [4])
        let asked = FastCGIRecord.bytes(Kind.getValues, id: 0, [15, 0] + Array("FCGI_MPXS_CONNS".utf8))
        let result = assembly(
            other + asked + Self.head + other + Self.begin(id: 2)
                + FastCGIRecord.stream(Kind.standardInput, id: 1, Array("{}".utf8)))
        #expect(result.stage == .complete)
        #expect(result.request == assembly(Self.whole).request)
        #expect(
            result.replies
                == FastCGIRecord.bytes(
                    Kind.getValuesResult, id: 0, [15, 1] + Array("FCGI_MPXS_CONNS".utf8) + [UInt8(ascii: "0")])
                + FastCGIRecord.end(id: 2, .cannotMultiplex))
    }

    @Test("asked for its values thirty times at once, answers in bounds")
    func manyValues() {
        let names = [14, 0] + Array("FCGI_MAX_CONNS".utf8) + [15, 0] + Array("FCGI_MPXS_CONNS".utf8)
        let content = Array([[UInt8]](repeating: names, count: 30).joined())
        let result = assembly(FastCGIRecord.bytes(Kind.getValues, id: 0, content))
        #expect(result.replies.count <= 64)
        #expect(result.size < 2048)
    }

    @Test("keeps of a body that is too long one byte more than allowed", arguments: [100, 101, 102, 100_000])
    func bodyLimit(_ length: Int) throws {
        let bytes = Self.head + FastCGIRecord.stream(Kind.standardInput, id: 1, [UInt8](repeating: 0xEE, count: length))
        let result = assembly(bytes, pieces: 4096)
        #expect(result.stage == .complete)
        #expect(result.body.count { $0 == 0xEE } == min(length, 101))
        #expect(result.size < 500)
    }

    @Test("is over after a bound of unwanted bytes, whatever else would come")
    func endless() {
        var assembly = assembly(Self.head)
        let record = FastCGIRecord.bytes(Kind.standardInput, id: 1, [UInt8](repeating: 0, count: 65_535))
        var sent = 0
        while !assembly.isOver, sent < 2 * FastCGIAssembly.maximumUnwanted {
            sent += record.withUnsafeBytes { assembly.take($0) }
        }
        #expect(assembly.stage == .complete && !assembly.keepsConnection)
    }

    @Test("keeps what came of a body that breaks off, and nothing of less", arguments: 0...Self.whole.count)
    func brokenOff(_ count: Int) {
        var result = assembly(Array(Self.whole.prefix(count)))
        result.end()
        #expect(result.stage == (count >= Self.head.count ? .complete : .refused))
        var aborted = assembly(Self.head + FastCGIRecord.bytes(Kind.abortRequest, id: 1, []))
        aborted.end()
        #expect(aborted.stage == .complete)
    }
}

extension FastCGIAssembly {
    /// What a request says, whatever the records that it came in.
    fileprivate var request: [[UInt8]] { [parameters, body, [UInt8(requestID)]] }
}
