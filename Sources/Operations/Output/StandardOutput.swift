import Glibc

/// Data for a pipe. Whoever reads may stop at any time: that is no error, and ends the command.
package enum StandardOutput {
    package static func writeLine(_ line: String) {
        write(Array(line.utf8) + [UInt8(ascii: "\n")])
    }

    /// Writes a sentence for people, which on a terminal is folded.
    package static func writeWords(_ words: String) {
        for line in Terminal.width.map({ words.folded(to: $0) }) ?? [words] { writeLine(line) }
    }

    /// Writes JSON, CSV or a body as it came. A terminal would obey control characters, and so gets each as JSON escapes
    /// it: `\u009b`. Within JSON that is the same text.
    ///
    /// - Parameter text: UTF-8, where it is meant for people.
    package static func writeData(_ text: [UInt8]) {
        write(Terminal.isOutput ? Self.shown(text) : text)
    }

    package static func writeJSONLine(_ json: [UInt8]) {
        writeData(json + [UInt8(ascii: "\n")])
    }

    /// The text with its control characters escaped, but for line ends and tabs: those below the space, and from U+007F
    /// to U+009F.
    package static func shown(_ text: [UInt8]) -> [UInt8] {
        var shown: [UInt8] = []
        shown.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            let next = index + 1 < text.count ? text[index + 1] : 0
            switch byte {
            case 0x09, 0x0A, 0x0D: shown.append(byte)
            case ..<0x20, 0x7F: shown += escape(byte)
            case 0xC2 where (0x80...0x9F).contains(next):
                shown += escape(next)
                index += 1
            default: shown.append(byte)
            }
            index += 1
        }
        return shown
    }

    private static func escape(_ code: UInt8) -> [UInt8] {
        let digits = String(code, radix: 16)
        return Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
    }

    package static func write(_ bytes: [UInt8]) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EPIPE { exit(0) }
            guard count > 0 else {
                StandardError.write("khoins-callback: cannot write the output: \(String(cString: strerror(errno)))\n")
                exit(2)
            }
            written += count
        }
    }
}
