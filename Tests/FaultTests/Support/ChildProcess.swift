import Foundation

/// A program that a test has started. It is killed and reaped with its value at the latest.
final class ChildProcess: @unchecked Sendable {
    // Started, waited for and ended by one thread; others only send signals.

    /// How a program ended.
    enum Ending: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let id: pid_t
    private var ending: Ending?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - arguments: The path of the executable first.
    ///   - environment: All of it; nothing is inherited.
    ///   - descriptors: The program's descriptors by number, with those of the test that they are copies of; it gets no
    ///     others.
    init(_ arguments: [String], environment: [String: String], descriptors: [Int32: Int32]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, own) in descriptors.sorted(by: { $0.key < $1.key }) {
            posix_spawn_file_actions_adddup2(&actions, own, number)
        }
        var argv = arguments.map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var id = pid_t()
        let code = posix_spawn(&id, arguments[0], &actions, nil, &argv, &envp)
        guard code == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(code)))") }
        self.id = id
    }

    deinit {
        if ending == nil {
            kill(id, SIGKILL)
            waitpid(id, nil, 0)
        }
    }

    func signal(_ number: Int32) { kill(id, number) }

    /// Whether it has not ended yet.
    var isRunning: Bool { poll() == nil }

    /// Waits for the end; throws if that does not come in time.
    @discardableResult
    func wait(within seconds: Double = 30) throws -> Ending {
        try eventually("the end of process \(id)", within: seconds) { poll() }
    }

    private func poll() -> Ending? {
        if let ending { return ending }
        var status: Int32 = 0
        guard waitpid(id, &status, WNOHANG) == id else { return nil }
        let signal = status & 0x7F
        ending = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
        return ending
    }
}

/// Asks again and again until there is an answer; throws if none comes in time.
@discardableResult
func eventually<Value>(
    _ what: @autoclosure () -> String, within seconds: Double = 10, _ ask: () throws -> Value?
) throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try ask() { return value }
        guard ContinuousClock.now < deadline else {
            throw ChildProcess.Failure(description: "no \(what()) within \(seconds) s")
        }
        usleep(500)
    }
}
