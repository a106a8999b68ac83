import CLinux
import Glibc

/// The words that the program was started with, its own name first.
///
/// Swift's own list comes out of /proc, and is empty where that is not mounted. There they are read from where the kernel
/// lays them for every process: one behind the other, and behind them the environment, or the path that was run.
package enum ProcessArguments {
    /// To be asked before a variable of the environment is set or removed.
    package static func all() -> [String] {
        let told = CommandLine.arguments
        guard told.count <= 1, let first = first_argument() else { return told }
        let end = environ.pointee ?? UnsafeMutablePointer(bitPattern: getauxval(UInt(AT_EXECFN)))
        guard let end else { return told }
        var words: [String] = []
        var next = first
        while next < end {
            words.append(String(cString: next))
            next += strlen(next) + 1
        }
        return words
    }
}
