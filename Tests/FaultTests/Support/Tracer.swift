import Foundation
import TestSupport

/// strace(1) at a process, with faults, told by what it wrote which calls it failed.
struct Tracer {
    private let log: String

    /// - Parameter log: A path for what it writes.
    init(_ log: String) {
        self.log = log
    }

    /// The words before the program's own.
    func words(_ faults: [Fault]) throws -> [String] {
        [try ServerProgram.path("strace"), "-D"] + options(faults)
    }

    private func options(_ faults: [Fault]) -> [String] {
        let calls = faults.map(\.call).joined(separator: ",")
        return ["-f", "-qqq", "-y", "-o", log, "-e", "trace=\(calls)", "-e", "signal=none"]
            + faults.compactMap(\.path).flatMap { ["-P", $0] }
            + faults.flatMap { ["-e", "inject=\($0.description)"] }
    }

    /// Attaches to a process that runs; the faults are over with the value that this returns.
    func attached(to process: pid_t, _ faults: [Fault]) throws -> ChildProcess {
        let tracer = try ChildProcess(
            Command([try ServerProgram.path("strace"), "-p", "\(process)"] + options(faults)))
        try eventually("tracer", within: 20) {
            let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
            return status.contains("TracerPid:\t\(tracer.id)\n") ? true : nil
        }
        return tracer
    }

    /// The calls that were made to fail, as strace writes them, with the paths of descriptors.
    var failed: [String] {
        String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
            .split(separator: "\n").filter { $0.contains("(INJECTED)") }.map(String.init)
    }
}
