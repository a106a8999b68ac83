import Glibc
import System

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
        do throws(LedgerError) { try Descriptor.write(bytes, to: STDOUT_FILENO, "the output") } catch {
            if error.isOfPeer { exit(0) }
            StandardError.write("khoins-callback: cannot write the output: \(error.reason)\n")
            exit(2)
        }
    }
}
