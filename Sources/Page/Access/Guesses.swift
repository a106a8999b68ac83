import Formats
import System

/// Slows down whoever guesses the page's key: of all guesses together, ten a minute, and then one every ten seconds. A
/// file of 16 bytes in the data directory, so that a process for each request counts as one that lives on does. Where it
/// cannot be kept, nothing is slowed: a random key needs no lock-out.
struct Guesses {
    private static let file = ".guesses"
    private static let allowed: Int64 = 10
    private static let window: Int64 = 60
    /// Seconds for which the form is closed.
    static let pause: Int64 = 10

    private let directory: String

    init(in directory: String) {
        self.directory = directory
    }

    /// Whether another guess may be looked at.
    func isOpen(now: Int64) -> Bool {
        guard let state = try? read() else { return true }
        return state.count < Self.allowed || now >= state.newest + Self.pause || now < state.newest
    }

    /// Counts a wrong one.
    func count(now: Int64) {
        var state = (try? read()) ?? (count: 0, newest: 0)
        // Old guesses are forgotten one by one.
        let forgotten = now < state.newest ? state.count : (now - state.newest) * Self.allowed / Self.window
        state.count = max(0, state.count - forgotten) + 1
        var bytes: [UInt8] = []
        for value in [state.count, now] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> Int64(shift)))
            }
        }
        do throws(LedgerError) {
            let root = try Directory(openingPath: directory)
            let file = try root.open(Self.file, .readWriteMaking, rights: 0o600)
            try file.write(bytes, at: 0)
        } catch {
            // See above.
        }
    }

    private func read() throws(LedgerError) -> (count: Int64, newest: Int64) {
        let root = try Directory(openingPath: directory)
        guard let file = try root.openIfPresent(Self.file) else { return (0, 0) }
        let bytes = try file.read(16, at: 0)
        guard bytes.count == 16 else { return (0, 0) }
        let values = [bytes[..<8], bytes[8...]].map { part in part.reduce(Int64(0)) { $0 << 8 | Int64($1) } }
        return (values[0], values[1])
    }
}
