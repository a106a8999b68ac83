import Foundation
import Glibc
import TestSupport
import Testing

@Suite("FastCGI connections left silent", .serialized)
struct SilentPeerTests {
    private static let body = Array(#"{"refid":"S-1","message":"{\"status\":\"Success\"}"}"#.utf8)
    private static let honest = Peer.honest(Request(posting: body))

    /// How much of a request comes before the silence.
    static let silences: [(name: String, bytes: [UInt8])] = [
        ("nothing", []), ("half a head", Array(honest.prefix(4))), ("the beginning", Array(honest.prefix(16))),
        ("half the parameters", Array(honest.prefix(100))),
        ("no body", Array(honest.prefix(honest.count - body.count - 16))),
        ("half the body", Array(honest.prefix(honest.count - body.count / 2 - 8))),
        ("a kept connection", Peer.honest(Request("GET"), keep: true)),
    ]

    @Test("hold no thread, however much was said before", arguments: silences.indices)
    func moreThanThreads(_ index: Int) throws {
        let (installation, process, address) = try Installation.serving()
        let peers = try (0..<200).map { _ in
            let peer = try Peer(address)
            peer.socket.send(Self.silences[index].bytes)
            return peer
        }
        #expect(try installation.honestLatency() < .seconds(1), "\(Self.silences[index].name)")
        #expect(peers.allSatisfy { !$0.isClosed })
        #expect(process.isRunning)
    }

    private static let descriptorLimit: rlimit = {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return limit
    }()

    @Test(
        "ten thousand of them, keep nobody else out",
        .enabled(if: descriptorLimit.rlim_max >= 11_000, "open files are limited to \(descriptorLimit.rlim_max)"))
    func tenThousand() throws {
        var limit = Self.descriptorLimit
        let old = limit
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        var restored = old
        defer { setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &restored) }
        let (installation, process, address) = try Installation.serving()
        let peers = try (0..<10_000).map { index in
            let peer = try Peer(address)
            // Few of them with half a body: those are deliveries in the end, each with a sync.
            let silence = Self.silences[index % 100 == 0 ? 5 : [0, 1, 2, 3, 6][index % 5]]
            peer.socket.send(silence.bytes)
            return peer
        }
        #expect(try installation.honestLatency() < .seconds(1))
        #expect(process.isRunning)
        withExtendedLifetime(peers) {}
    }

    @Test("are closed, the oldest first, when the service runs out of descriptors")
    func fewDescriptors() throws {
        let installation = try Installation.prepared(settings: "KHOINS_THREADS=2\n")
        let address = Address.unix(installation.scratch.file("run/handler.sock"))
        var command = try installation.serveCommand(on: address)
        command.arguments = ["/bin/sh", "-c", "ulimit -n 256 && exec \"$@\"", "sh"] + command.arguments
        let process = try installation.start("serve", command)
        installation.door = FastCGIDoor(address: address)
        try installation.waitUntilHealthy()
        var peers: [Peer] = []
        for _ in 0..<1000 { peers.append(try Peer(address)) }
        #expect(try installation.honestLatency() < .seconds(1))
        #expect(process.isRunning)
        try wait(for: "room") { peers.prefix(500).allSatisfy(\.isClosed) }
        #expect(peers.suffix(20).allSatisfy { !$0.isClosed })
        #expect(installation.scratch.data.names("transactions") == ["transactions/H-1.json"])
    }

    @Test("in the middle of a body are hung up on after a while, and what came is kept")
    func timeOut() throws {
        let (installation, _, address) = try Installation.serving()
        let peer = try Peer(address)
        peer.socket.send(Self.silences[5].bytes)
        let answer = try peer.socket.readToEnd()
        #expect(String(decoding: answer, as: UTF8.self).contains("Status: 400"))
        #expect(installation.scratch.data.names("rejected").count == 1)
        #expect(try installation.scratch.data.findings() == [])
    }

    @Test("for a moment again and again, as a slow sender's without request buffering, are served in the end")
    func slowBody() throws {
        let (installation, _, address) = try Installation.serving()
        let peers = try (0..<8).map { _ in try Peer(address) }
        for byte in Self.honest {
            for peer in peers { peer.socket.send([byte]) }
            usleep(5_000)
        }
        for peer in peers {
            #expect(String(decoding: try peer.socket.readToEnd(), as: UTF8.self).contains("Status: 200"))
        }
        #expect(try installation.scratch.data.findings() == [])
    }
}
