import Foundation

extension Site {
    /// How often the program makes each system call while it answers a request by CGI, without any fault.
    ///
    /// - Parameter body: To be posted; the health is asked for if there is none.
    func callCounts(posting body: String?) throws -> [String: Int] {
        guard let strace = Executable.tool("strace") else { return [:] }
        let log = "\(root)/calls"
        let variables =
            body.map { FastCGIClient.postVariables($0) } ?? ["REQUEST_METHOD": "GET", "REMOTE_ADDR": "182.23.3.230"]
        let calls = Fault.durableCalls.joined(separator: ",")
        try Executable.run(
            [strace, "-f", "-qqq", "-o", log, "-e", "trace=\(calls)", "-e", "signal=none", Executable.path],
            environment: environment(variables.merging(["GATEWAY_INTERFACE": "CGI/1.1"]) { $1 }),
            input: Array((body ?? "").utf8))
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
