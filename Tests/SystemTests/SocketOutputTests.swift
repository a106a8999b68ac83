import Glibc
import System
import Testing

struct SocketOutputTests {
    private static func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    @Test("More than a socket holds arrives whole")
    func sendsAll() throws {
        let (own, peer) = try Self.pair()
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0) }
        var received: [UInt8] = []
        try Thread.start {
            _ = SocketOutput.send(bytes, to: own, before: Deadline(seconds: 60))
            close(own)
        }
        var block = [UInt8](repeating: 0, count: 65_536)
        while case let count = read(peer, &block, block.count), count > 0 { received += block[..<count] }
        close(peer)
        #expect(received == bytes)
    }

    @Test("A peer that does not read is waited for no longer than told, and one that has gone is no signal")
    func givesUp() throws {
        let (own, peer) = try Self.pair()
        #expect(!SocketOutput.send([UInt8](repeating: 1, count: 4_000_000), to: own, before: Deadline(seconds: 0)))
        close(peer)
        #expect(!SocketOutput.send([1], to: own, before: Deadline(seconds: 60)))
        close(own)
    }
}
