import Glibc
import System

extension Journal {
    static let probeName = ".probe"

    package func probe() throws(LedgerError) {
        let file = try reader.directory.open(Self.probeName, O_WRONLY | O_CREAT | O_TRUNC)
        do throws(LedgerError) {
            try file.write([UInt8](repeating: UInt8(ascii: "\n"), count: 4096))
            try file.syncData()
        } catch {
            try? reader.directory.removeIfPresent(Self.probeName)
            throw error
        }
        try reader.directory.removeIfPresent(Self.probeName)
    }
}
