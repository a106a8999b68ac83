import Gateway
import Glibc
import System

/// The lines of a file or of standard input, of any length altogether, in bounded memory.
package struct LineSource: ~Copyable {
    package enum Line {
        case whole([UInt8])
        /// Its bytes are passed over.
        case tooLong
    }

    /// Bytes of a line; a body of the default limit takes far less, escaped twice over.
    package static let maximumLength = 16 << 20

    /// Bytes of the file; `nil` where that is not known, as of a pipe.
    package let size: Int?
    /// Bytes of the lines that were handed out.
    package private(set) var consumed: Int

    private let file: OpenFile
    private var block: [UInt8]
    private var filled: Int
    private var index: Int

    /// - Parameter path: A file; `-` is standard input.
    package init(path: String) throws(Settings.Problem) {
        let file = try Self.open(path)
        let status = try? file.status()
        size = status.flatMap { $0.st_mode & S_IFMT == S_IFREG ? Int($0.st_size) : nil }
        self.file = file
        block = [UInt8](repeating: 0, count: 1 << 20)
        (filled, index, consumed) = (0, 0, 0)
    }

    private static func open(_ path: String) throws(Settings.Problem) -> OpenFile {
        do throws(LedgerError) {
            let opened = try systemCall("open", path) {
                path == "-" ? dup(STDIN_FILENO) : Glibc.open(path, O_RDONLY | O_CLOEXEC)
            }
            return OpenFile(adopting: opened, path)
        } catch {
            throw Settings.Problem("cannot read \(path): \(error.reason)")
        }
    }

    /// Up to `count` bytes of what comes next, fewer only where there are no more; they are still to be read.
    package mutating func peek(_ count: Int) throws(Settings.Problem) -> [UInt8] {
        while filled - index < count, filled < block.count {
            let got = try read(behind: filled)
            if got == 0 { break }
            filled += got
        }
        return Array(block[index..<min(filled, index + count)])
    }

    /// The next line, without its end; `nil` after the last. A last line may lack its end.
    package mutating func next() throws(Settings.Problem) -> Line? {
        var line: [UInt8] = []
        var length = 0
        while true {
            if index == filled {
                guard try fill() else {
                    if length == 0 { return nil }
                    break
                }
            }
            let rest = block[index..<filled]
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            let piece = rest[..<(end ?? filled)]
            length += piece.count + (end == nil ? 0 : 1)
            if length <= Self.maximumLength { line += piece }
            index = end.map { $0 + 1 } ?? filled
            if end != nil { break }
        }
        consumed += length
        return length <= Self.maximumLength ? .whole(line) : .tooLong
    }

    private mutating func fill() throws(Settings.Problem) -> Bool {
        filled = try read(behind: 0)
        index = 0
        return filled > 0
    }

    /// Reads into the block, from an offset on.
    private mutating func read(behind offset: Int) throws(Settings.Problem) -> Int {
        do throws(LedgerError) {
            return try Descriptor.read(file.descriptor, file.path, into: &block, offset..<block.count)
        } catch {
            throw Settings.Problem("cannot read \(file.path): \(error.reason)")
        }
    }
}
