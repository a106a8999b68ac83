import Foundation
import Ledger
import System

/// Ports of 127.0.0.1 for servers: each is given out once in a process, is free at that moment, and lies below those
/// that the kernel gives to outgoing connections.
package enum LoopbackPort {
    private static let range: Range<UInt16> = 10_000..<30_000
    private static let last = Locked(UInt16.random(in: range))

    package static func next() throws -> UInt16 {
        for _ in range {
            let port = last.withLock { last in
                last = last + 1 < range.upperBound ? last + 1 : range.lowerBound
                return last
            }
            if (try? StreamSocket(listeningOn: .tcp(port))) != nil { return port }
        }
        throw SystemFailure("no free port")
    }
}
