import TestSupport

/// One callback, answered by one process.
struct CGIRequest {
    private let scratch: Scratch
    private let command: Command

    init(trxid: String, in scratch: Scratch, settings: [String: String] = [:]) throws {
        self.scratch = scratch
        let request = Request(posting: Body.success(trxid))
        // Nothing of the test's own environment: it would count, too.
        command = Command(
            [try TestBinary.path()],
            environment: request.variables.merging(settings) { $1 }
                .merging(["KHOINS_DATA": scratch.data.path, "KHOINS_TOKEN": secretToken]) { $1 },
            input: request.body)
    }

    /// Runs it, and throws unless the callback was filed as a new one.
    func answer() throws { try answer(command) }

    private func answer(_ command: Command) throws {
        let ending = try ChildProcess.run(command)
        guard ending.status == 0, ending.output.contains(#""result":"created""#) else {
            throw Uncounted(description: "status \(ending.status), answer \(ending.output)")
        }
    }

    /// Runs it under strace.
    ///
    /// - Returns: The system calls that it makes, in order, the answer's write among them.
    func systemCalls() throws -> [Substring] {
        let tool = [try ServerProgram.path("strace"), "-o", scratch.file("calls")]
        try answer(command.behind(tool))
        return scratch.text("calls").split(separator: "\n").map {
            $0.prefix { $0 != "(" } + $0.drop { $0 != "(" }.prefix(3)
        }
    }

    /// Runs it under callgrind.
    ///
    /// - Returns: The instructions of the whole process.
    func instructions() throws -> Int {
        let tool = [try ServerProgram.path("valgrind"), "--tool=callgrind"]
        try answer(command.behind(tool + ["--callgrind-out-file=\(scratch.file("profile"))"]))
        guard let count = Self.instructions(inProfile: scratch.text("profile")) else {
            throw Uncounted(description: "no count in callgrind's profile")
        }
        return count
    }

    /// Of a whole process; the line is `summary: N` or `totals: N` (Callgrind Format Specification).
    static func instructions(inProfile text: String) -> Int? {
        text.split(separator: "\n").compactMap { line in
            ["summary: ", "totals: "].filter(line.hasPrefix).first.flatMap { Int(line.dropFirst($0.count)) }
        }.last
    }
}

/// Something went wrong beside what a test looks at.
struct Uncounted: Error, CustomStringConvertible {
    var description: String
}
