import Gateway
import Glibc
import Ledger

/// The lines of a file or of standard input, of any length altogether, in bounded memory.
struct LineSource: ~Copyable {
    enum Line {
        case whole([UInt8])
        /// Its bytes are passed over.
        case tooLong
    }

    /// Bytes of a line; a body of the default limit takes far less, escaped twice over.
    static let maximumLength = 16 << 20

    /// Bytes of the file; `nil` where that is not known, as of a pipe.
    let size: Int?
    /// Bytes of the lines that were handed out.
    private(set) var consumed = 0

    private let path: String
    private let descriptor: Int32
    private var block = [UInt8](repeating: 0, count: 1 << 20)
    private var filled = 0
    private var index = 0

    /// - Parameter path: A file; `-` is standard input.
    init(path: String) throws(Settings.Problem) {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Settings.Problem("cannot read \(path): \(errorText(errno))") }
        var status = stat()
        let isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : nil
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Up to `count` bytes of what comes next, fewer only where there are no more; they are still to be read.
    mutating func peek(_ count: Int) throws(Settings.Problem) -> [UInt8] {
        while filled - index < count, filled < block.count {
            let got = try read(behind: filled)
            if got == 0 { break }
            filled += got
        }
        return Array(block[index..<min(filled, index + count)])
    }

    /// The next line, without its end; `nil` after the last. A last line may lack its end.
    mutating func next() throws(Settings.Problem) -> Line? {
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
        while true {
            let count = block.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Settings.Problem("cannot read \(path): \(errorText(errno))") }
            return count
        }
    }
}
