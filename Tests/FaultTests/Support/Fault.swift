import TestSupport

/// What strace(1) does to a system call of the program under test: it kills at the call's beginning, fails the call
/// without making it, or claims that it went well without making it.
///
/// Counts each call by its name and within one thread.
struct Fault: CustomStringConvertible, Sendable {
    enum Effect: Sendable {
        case kill
        /// A signal at the call's beginning, such as STOP.
        case signal(String)
        case error(String)
        /// Microseconds before the call is made.
        case delay(Int)
        case value(Int)
    }

    enum Occurrence: Sendable {
        case number(Int)
        case every
        case range(ClosedRange<Int>)
    }

    var call: String
    var occurrence: Occurrence
    var effect: Effect
    /// Only calls about this file, given as a path.
    var path: String?

    static func kill(at call: String, _ number: Int) -> Fault {
        Fault(call: call, occurrence: .number(number), effect: .kill)
    }

    /// The calls after which something lasting may have changed, and those that open or lock what is changed.
    static let durableCalls = [
        "openat", "mkdir", "mkdirat", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "sync_file_range",
        "ftruncate", "renameat", "linkat", "unlinkat", "flock",
    ]

    /// Those that change something, and where a loss can hide.
    static let changingCalls = [
        "mkdirat", "write", "pwrite64", "fsync", "fdatasync", "syncfs", "sync_file_range", "ftruncate", "renameat",
        "linkat", "unlinkat",
    ]

    /// The words before the program's own. The program, not strace, is the test's child.
    static func tracer(_ faults: [Fault]) throws -> [String] {
        if faults.isEmpty { return [] }
        let strace = try ServerProgram.path("strace")
        let calls = faults.map(\.call).joined(separator: ",")
        let injections = faults.flatMap { ["-e", "inject=\($0.description)"] }
        let paths = faults.compactMap(\.path).flatMap { ["-P", $0] }
        return [strace, "-f", "-D", "-qqq", "-o", "/dev/null", "-e", "trace=\(calls)", "-e", "signal=none"] + paths
            + injections
    }

    static let canInject = ServerProgram.find("strace") != nil

    /// Makes the program believe that a call went well that was never made.
    static func pretend(_ call: String, returning value: Int = 0) -> Fault {
        Fault(call: call, occurrence: .every, effect: .value(value))
    }

    /// As strace takes it.
    var description: String {
        let effect =
            switch effect {
            case .kill: "signal=KILL"
            case .signal(let name): "signal=\(name)"
            case .error(let name): "error=\(name)"
            case .delay(let time): "delay_enter=\(time)"
            case .value(let value): "retval=\(value)"
            }
        return switch occurrence {
        case .number(let number): "\(call):\(effect):when=\(number)"
        case .range(let range): "\(call):\(effect):when=\(range.lowerBound)..\(range.upperBound)"
        case .every: "\(call):\(effect)"
        }
    }
}
