import Glibc

/// Data for a pipe. Whoever reads may stop at any time: that is no error, and ends the command.
package enum StandardOutput {
    package static func writeLine(_ line: String) {
        write(Array(line.utf8) + [UInt8(ascii: "\n")])
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
