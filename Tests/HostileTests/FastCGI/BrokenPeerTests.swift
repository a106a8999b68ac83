import Foundation
import TestSupport
import Testing

@Suite("A broken FastCGI peer")
struct BrokenPeerTests {
    private struct Case: Sendable {
        var name: String
        var bytes: [UInt8]
        /// The kinds of records it is answered with before the connection is closed; `nil` where it just waits.
        var answer: [UInt8]?
    }

    private static let begun = Peer.begin()
    private static let variables = Peer.parameters(Request().variables)
    private static func oversized(_ name: [UInt8], _ value: [UInt8]) -> [UInt8] {
        begun + Peer.record(Peer.Kind.parameters, name + value + [65, 66]) + Peer.record(Peer.Kind.parameters)
            + Peer.record(Peer.Kind.input)
    }

    private static let cases: [Case] = [
        Case(name: "HTTP", bytes: Array("POST / HTTP/1.1\r\nHost: x\r\n\r\n".utf8), answer: []),
        Case(name: "zeros", bytes: [UInt8](repeating: 0, count: 100_000), answer: []),
        Case(name: "0xFF", bytes: [UInt8](repeating: 0xFF, count: 100_000), answer: []),
        Case(
            name: "another version", bytes: Peer.record(Peer.Kind.begin, [0, 1, 0, 0, 0, 0, 0, 0], version: 2),
            answer: []),
        Case(
            name: "the largest lengths", bytes: oversized([0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF]),
            answer: []),
        Case(
            name: "lengths that libfcgi would allocate",
            bytes: oversized([0xFF, 0xFF, 0xFF, 0xFE], [0xFF, 0xFF, 0xFF, 0xFE]), answer: []),
        Case(
            name: "a length with its sign turned", bytes: oversized([0x80, 0, 0, 1], [0xFF, 0xFF, 0xFF, 0xF0]),
            answer: []),
        Case(
            name: "parameters without end",
            bytes: begun
                + [[UInt8]](
                    repeating: Peer.record(Peer.Kind.parameters, [UInt8](repeating: 0, count: 60_000)), count: 4
                ).joined(),
            answer: [Peer.Kind.end]),
        Case(
            name: "values asked for until libfcgi's stack would overflow",
            bytes: Peer.record(
                Peer.Kind.getValues,
                Array([[UInt8]](repeating: [14, 0] + Array("FCGI_MAX_CONNS".utf8), count: 60).joined()), id: 0),
            answer: nil),
        Case(
            name: "values asked for by lies", bytes: Peer.record(Peer.Kind.getValues, [0xFF, 0xFF, 0xFF, 0xFE], id: 0),
            answer: nil),
        Case(
            name: "unknown records", bytes: Array((12...255).map { Peer.record($0, [1, 2, 3]) }.joined()), answer: nil),
        Case(
            name: "unknown questions without end", bytes: Array((12...255).map { Peer.record($0, id: 0) }.joined()),
            answer: [UInt8](repeating: Peer.Kind.unknownType, count: 64)),
        Case(name: "an abort", bytes: begun + Peer.record(Peer.Kind.abort), answer: []),
        Case(name: "an abort of nothing", bytes: Peer.record(Peer.Kind.abort), answer: nil),
        Case(name: "an abort of another", bytes: begun + Peer.record(Peer.Kind.abort, id: 2), answer: nil),
        Case(name: "a filter", bytes: Peer.begin(role: 3), answer: [Peer.Kind.end]),
        Case(name: "two requests at once under one number", bytes: begun + begun, answer: []),
        Case(name: "255 requests at once", bytes: Array((1...255).map { Peer.begin(id: $0) }.joined()), answer: nil),
        Case(name: "parameters of nobody", bytes: variables, answer: nil),
        Case(name: "a body of nobody", bytes: Peer.record(Peer.Kind.input, [1, 2, 3]), answer: nil),
        Case(
            name: "no parameters", bytes: begun + Peer.record(Peer.Kind.parameters) + Peer.record(Peer.Kind.input),
            answer: [6, 6, 3]),
        Case(name: "half a head", bytes: [1, 1, 0], answer: nil),
        Case(name: "a head without its content", bytes: [1, 4, 0, 1, 0xFF, 0xFF, 0xFF, 0], answer: nil),
    ]

    @Test("is answered or dropped, and takes nothing down", arguments: cases.indices)
    func broken(_ index: Int) throws {
        let (installation, process, address) = try Installation.serving()
        let peer = try Peer(address)
        peer.socket.send(Self.cases[index].bytes)
        if let answer = Self.cases[index].answer {
            #expect(Peer.kinds(try peer.socket.readToEnd()) == answer, "\(Self.cases[index].name)")
            // What is dropped without an answer of ours is told of, unless nothing of a request had come.
            let isDropped = !answer.contains(6)
            try wait(for: "a line") { process.errors.contains("event=broken ") == isDropped }
        }
        // It hangs up in the middle, or stays: neither matters to anybody else.
        let other = try Peer(address)
        other.socket.send(Self.cases[index].bytes)
        #expect(try installation.honestLatency() < .seconds(1), "\(Self.cases[index].name)")
        #expect(process.isRunning)
        withExtendedLifetime((peer, other)) {}
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("that sends another request's records between those of one does not change it")
    func multiplexed() throws {
        let (installation, _, address) = try Installation.serving()
        let peer = try Peer(address)
        let body = Array(#"{"refid":"M-1","message":"{\"status\":\"Success\"}"}"#.utf8)
        let foreign = Peer.record(Peer.Kind.input, Array("]]]]".utf8), id: 7)
        let head = Peer.begin() + Peer.begin(id: 7) + Peer.parameters(Request(posting: body).variables)
        let pieces = body.flatMap { Peer.record(Peer.Kind.input, [$0]) + foreign }
        peer.socket.send(head + foreign + pieces + Peer.record(Peer.Kind.input))
        let answer = try peer.socket.readToEnd()
        // First it is told that the other one cannot be served.
        #expect(Peer.kinds(answer) == [3, 6, 6, 3])
        #expect(String(decoding: answer, as: UTF8.self).contains(#""result":"created""#))
        #expect(try installation.scratch.data.json("transactions/M-1.json").body == nil)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("that is cut off after any byte leaves nothing behind but what it sent of a body")
    func everyPrefix() throws {
        let (installation, process, address) = try Installation.serving()
        let body = Array(#"{"refid":"P-1","message":"{}"}"#.utf8)
        let bytes = Peer.honest(Request(posting: body))
        let bodyStart = bytes.count - 8 - body.count - 8
        for count in 0..<bytes.count where count < 40 || count % 13 == 0 || count >= bodyStart - 10 {
            let peer = try Peer(address)
            peer.socket.send(Array(bytes[..<count]))
            peer.socket.endSending()
            let answer = try peer.socket.readToEnd()
            #expect(answer.isEmpty == (count < bodyStart), "\(count)")
        }
        #expect(process.isRunning)
        #expect(try installation.scratch.data.findings() == [])
        // The body was whole in the last prefixes, though its end was not said.
        #expect(installation.scratch.data.names("transactions") == ["transactions/P-1.json"])
    }

    @Test("that sends a body without end gets its answer, and no more of the service's memory")
    func endlessBody() throws {
        let (installation, process, address) = try Installation.serving()
        let peer = try Peer(address)
        var request = Request()
        request.framing = .unknownLength
        peer.socket.send(Peer.begin() + Peer.parameters(request.variables))
        let block = Array(
            [[UInt8]](repeating: Peer.record(Peer.Kind.input, [UInt8](repeating: 1, count: 60_000)), count: 40).joined()
        )
        for _ in 0..<20 { peer.socket.send(block) }
        #expect(try installation.honestLatency() < .seconds(1))
        let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = peak?.split(separator: " ").compactMap { Int($0) }.first ?? Int.max
        #expect(kilobytes < 200_000, "\(peak ?? "")")
        withExtendedLifetime(peer) {}
        #expect(installation.scratch.data.names("rejected", "transactions").count == 1)
    }
}
