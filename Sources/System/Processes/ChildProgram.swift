import CLinux
import Glibc

/// A program that this one has started and looks after. Nothing here waits for it.
package struct ChildProgram: Sendable {
    package let process: pid_t
    /// Can be read when it has said something; -1 once nothing more can come.
    package private(set) var output: Int32

    /// Starts a program in a process group of its own, so that Ctrl-C does not reach it, with no signal blocked. What it
    /// says on standard output and error is read with `read`.
    ///
    /// - Parameters:
    ///   - program: Its path, or its name on the PATH.
    ///   - arguments: Those behind its name.
    ///   - environment: `NAME=value`; `nil` for this process's own.
    ///   - input: Its standard input; the caller closes it.
    ///   - others: It gets these as descriptors 3, 4 and so on, and no more. Each must be behind the last of those numbers;
    ///     the caller closes them.
    package init(
        _ program: String, _ arguments: [String], environment: [String]? = nil, input: Int32, others: [Int32] = []
    ) throws(LedgerError) {
        let pipe = try Pipe()
        defer { close(pipe.input) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipe.input, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipe.input, STDERR_FILENO)
        for (index, descriptor) in others.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, STDERR_FILENO + 1 + Int32(index))
        }
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1 + Int32(others.count))
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGXFSZ] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var process = pid_t()
        let code = withCStrings([program] + arguments) { arguments in
            withCStrings(environment ?? []) {
                let variables = environment == nil ? UnsafePointer(environ) : $0
                return posix_spawnp(&process, program, &actions, &attributes, arguments, variables)
            }
        }
        if code != 0 {
            close(pipe.output)
            throw .returned(code, by: "posix_spawn", program)
        }
        self.process = process
        output = pipe.output
    }

    /// Hands over what there is of the output, in pieces.
    package mutating func read(_ take: (ArraySlice<UInt8>) -> Void) {
        var block = [UInt8](repeating: 0, count: 16_384)
        while output >= 0 {
            do throws(LedgerError) {
                let count = try Descriptor.read(output, "output", into: &block, 0..<block.count)
                if count == 0 { closeOutput() } else { take(block[..<count]) }
            } catch .system(_, _, EAGAIN) {
                return
            } catch {
                closeOutput()
            }
        }
    }

    /// Reads nothing more; to be called when it has ended.
    package mutating func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }

    /// How it has ended, as waitpid(2) tells it, once; `nil` while it runs.
    package func ending() -> Int32? {
        var status: Int32 = 0
        return waitpid(process, &status, WNOHANG) == process ? status : nil
    }
}

/// Gives strings as C's calls take them: an array of pointers with a null at its end. None may hold a NUL.
func withCStrings(_ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32) -> Int32 {
    let pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in buffer.baseAddress.map(body) ?? EINVAL }
}
