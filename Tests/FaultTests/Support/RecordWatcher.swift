import Foundation
import Ledger
import System
import TestSupport

/// Reads all records again and again beside the programs under test, as a shop's own code would, and notes any that is
/// not whole.
final class RecordWatcher: Sendable {
    private struct State {
        var isStopped = false
        var hasEnded = false
        var seen: Set<String> = []
        /// Files that were damaged on purpose, until they are seen whole.
        var damaged: Set<String> = []
    }

    private let state = Locked(State())

    init(_ site: Site) {
        look(at: site) { $0.damaged.insert($1) }
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.isStopped }) {
                look(at: site) { state, file in
                    if !state.damaged.contains(file) { state.seen.insert("a reader saw half a record: \(file)") }
                }
                usleep(200)
            }
            state.withLock { $0.hasEnded = true }
        }
    }

    private func look(at site: Site, _ isHalf: (inout State, String) -> Void) {
        for folder in ["transactions", "topups", "rejected"] {
            for name in site.names(in: folder) where !name.hasPrefix(".") {
                let file = "\(folder)/\(name)"
                guard let bytes = site.bytes(of: file) else { continue }
                let isWhole = folder == "rejected" ? bytes.suffix(2) == Array("}\n".utf8) : Record(json: bytes) != nil
                state.withLock { state in
                    if isWhole { state.damaged.remove(file) } else { isHalf(&state, file) }
                }
            }
        }
    }

    /// - Returns: What it has seen that should never be seen.
    func stop() throws -> [String] {
        state.withLock { $0.isStopped = true }
        return try eventually("end of the watching thread", within: 10) {
            state.withLock { $0.hasEnded ? $0.seen.sorted() : nil }
        }
    }
}
