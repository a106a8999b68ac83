import Glibc
import System

/// The `curl` of this machine, for what takes TLS.
enum Curl {
    enum Outcome {
        case missing
        /// Which link broke, and in curl's words how.
        case failed(link: String, words: String)
        case answer(HTTPAnswer)
    }

    /// Gets a URL. The URL goes in by standard input: arguments are in every process list.
    static func get(_ url: ProbeURL) -> Outcome {
        guard let (code, output) = run(input: "url = \"\(url.text)\"\n") else { return .missing }
        guard code == 0 else {
            let lines = String(decoding: output, as: UTF8.self).split(separator: "\n")
            let words = lines.first { $0.hasPrefix("curl: ") }.map(String.init) ?? "curl exit code \(code)"
            return code == 127 ? .missing : .failed(link: link(code), words: words)
        }
        // The status is the last line, which curl appends to the body.
        guard let end = output.lastIndex(of: UInt8(ascii: "\n")) else {
            return .answer(HTTPAnswer(status: 0, body: []))
        }
        let status = Int(String(decoding: output[(end + 1)...], as: UTF8.self)) ?? 0
        return .answer(HTTPAnswer(status: status, body: Array(output[..<end])))
    }

    /// What curl's exit codes say (curl(1)).
    static func link(_ code: Int32) -> String {
        switch code {
        case 6: "the name leads nowhere"
        case 7: "no web server listens there, or a firewall is in between"
        case 28: "no answer in time"
        case 35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91: "TLS failed, so KHOINS may not get through"
        case 52, 56: "connected, but no answer came"
        default: "it could not be asked"
        }
    }

    /// - Returns: The exit code, and what came on standard output and standard error; `nil` if nothing could be run.
    private static func run(input: String) -> (Int32, [UInt8])? {
        let arguments = ["curl", "-sS", "--max-time", "15", "-w", "\n%{http_code}", "-K", "-"]
        var inputEnds: [Int32] = [-1, -1]
        var outputEnds: [Int32] = [-1, -1]
        guard pipe(&inputEnds) == 0, pipe(&outputEnds) == 0 else { return nil }
        // An end that the child kept open as well would never tell anybody that the other side is through.
        for descriptor in inputEnds + outputEnds { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputEnds[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, outputEnds[1], STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, outputEnds[1], STDERR_FILENO)
        var pointers = arguments.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        pointers.append(nil)
        var child = pid_t()
        let spawned = posix_spawnp(&child, "curl", &actions, nil, pointers, environ)
        close(inputEnds[0])
        close(outputEnds[1])
        defer { close(outputEnds[0]) }
        let bytes = Array(input.utf8)
        if spawned == 0 { _ = bytes.withUnsafeBytes { write(inputEnds[1], $0.baseAddress, $0.count) } }
        close(inputEnds[1])
        guard spawned == 0 else { return nil }
        // Where more comes, curl ends because nobody reads it.
        let output = (try? Descriptor.readAll(outputEnds[0], "curl", limit: 1 << 20)) ?? []
        var status: Int32 = 0
        _ = try? systemCall("waitpid", "curl") { waitpid(child, &status, 0) }
        return (status & 0x7F == 0 ? (status >> 8) & 0xFF : -1, output)
    }
}
