import Gateway
import Glibc
import Ledger
import System

extension DataOption {
    /// Opens the ledger of the data directory, to write to it.
    ///
    /// As root, the process becomes the directory's owner for good: files that belonged to root would lock the service
    /// out of its own directory.
    func ledger() throws -> (ledger: Ledger, path: String) {
        let path = try values().dataDirectory()
        try Self.becomeOwner(of: path)
        return (Ledger(path: path), path)
    }

    private static func becomeOwner(of path: String) throws(Settings.Problem) {
        var status = stat()
        guard geteuid() == 0, stat(path, &status) == 0, status.st_uid != 0 else { return }
        var group = status.st_gid
        do throws(LedgerError) {
            try systemCall("setgroups", path) { setgroups(1, &group) }
            try systemCall("setgid", path) { setgid(group) }
            try systemCall("setuid", path) { setuid(status.st_uid) }
        } catch {
            throw Settings.Problem(
                "cannot become user \(status.st_uid), who owns \(path): \(error.reason); run this as that user")
        }
    }
}
