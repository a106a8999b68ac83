import Foundation
import TestSupport

extension Site {
    /// How often the program makes each system call while it answers a request by CGI, without any fault.
    ///
    /// - Parameter body: To be posted; the health is asked for if there is none.
    func callCounts(posting body: String?) throws -> [String: Int] {
        try calls(posting: body).reduce(into: [:]) { $0[$1.name, default: 0] += 1 }
    }

    /// Which one of several equal calls has a word in it, counted from 1, when the program answers a callback by CGI.
    func number(ofCall name: String, with word: String, posting body: String) throws -> Int? {
        try calls(posting: body).filter { $0.name == name }.firstIndex { $0.line.contains(word) }.map { $0 + 1 }
    }

    private func calls(posting body: String?) throws -> [(name: String, line: Substring)] {
        guard let strace = ServerProgram.find("strace") else { return [] }
        let log = "\(root)/calls"
        let variables =
            body.map { FastCGIDoor.postVariables($0) } ?? ["REQUEST_METHOD": "GET", "REMOTE_ADDR": "182.23.3.230"]
        let calls = Fault.durableCalls.joined(separator: ",")
        let tracer = [strace, "-f", "-qqq", "-o", log, "-e", "trace=\(calls)", "-e", "signal=none"]
        try ChildProcess.run(try command(variables, body ?? "").behind(tracer))
        let lines = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
            .split(separator: "\n")
        try FileManager.default.removeItem(atPath: log)
        return lines.compactMap { line in
            // `1234  openat(AT_FDCWD, …`
            let call = line.split(separator: " ", maxSplits: 1).last?.split(separator: "(").first
            guard let call else { return nil }
            return (call.trimmingCharacters(in: .whitespaces), line)
        }
    }
}
