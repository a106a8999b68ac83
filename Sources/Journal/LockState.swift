import System

/// What came of trying to have the journal's lock.
package enum LockState: Equatable, Sendable {
    /// It was had; or there is none to be had yet, or not by this user.
    case free
    /// Somebody kept it all the time; who, as far as that can be seen.
    case held(LockHolder?)

    /// Tries to have the lock, and lets it go at once.
    ///
    /// - Parameters:
    ///   - path: The data directory.
    ///   - seconds: How long others may keep it.
    package static func tried(at path: String, within seconds: Int) -> LockState {
        do throws(LedgerError) {
            let journal = try Directory(openingPath: path).directory(Journal.directoryName)
            guard let file = try journal.openIfPresent(LockFile.name) else { return .free }
            guard try file.lock(within: seconds) else { return .held(try file.lockHolder()) }
            file.unlock()
            return .free
        } catch {
            // What is wrong with the directory is told elsewhere.
            return .free
        }
    }
}
