import Foundation
import TestSupport

extension Site {
    /// How often the program makes each system call while it answers a request by CGI, without any fault.
    ///
    /// - Parameter body: To be posted; the health is asked for if there is none.
    func callCounts(posting body: String?) throws -> [String: Int] {
        guard let strace = ServerProgram.find("strace") else { return [:] }
        let log = "\(root)/calls"
        let variables =
            body.map { FastCGIDoor.postVariables($0) } ?? ["REQUEST_METHOD": "GET", "REMOTE_ADDR": "182.23.3.230"]
        let calls = Fault.durableCalls.joined(separator: ",")
        let tracer = [strace, "-f", "-qqq", "-o", log, "-e", "trace=\(calls)", "-e", "signal=none"]
        try ChildProcess.run(try command(variables, body ?? "").behind(tracer))
        let lines = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
            .split(separator: "\n")
        try FileManager.default.removeItem(atPath: log)
        var counts: [String: Int] = [:]
        for line in lines {
            // `1234  openat(AT_FDCWD, …`
            guard let call = line.split(separator: " ", maxSplits: 1).last?.split(separator: "(").first else {
                continue
            }
            counts[call.trimmingCharacters(in: .whitespaces), default: 0] += 1
        }
        return counts
    }
}
