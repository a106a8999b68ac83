import Formats
import Ledger
import System

extension CursorReport {
    /// What to do about one that cannot be read.
    package var cure: String {
        isDirectory ? "move it away, or let the data's owner have it" : Self.cure(of: name)
    }

    package static func cure(of name: String) -> String {
        let words = name == "shop" ? "" : "--cursor '\(name.printable)' "
        return "`follow \(words)--rewind TIME` makes it anew, and tells what came since then"
    }
}
