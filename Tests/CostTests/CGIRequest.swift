import Foundation

/// One callback, answered by one process.
struct CGIRequest {
    private let folder: Folder
    private let process: Process

    init(trxid: String, in folder: Folder) throws {
        self.folder = folder
        let body = callback(trxid)
        let file = folder.file("\(trxid).body")
        try Data(body).write(to: URL(fileURLWithPath: file))
        process = Process()
        process.executableURL = URL(fileURLWithPath: try Tool.required(Tool.executable, "KHOINS_TEST_BINARY"))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: file))
        // Nothing of the test's own environment: it would count, too.
        process.environment = variables(bodyLength: body.count)
            .merging(["KHOINS_DATA": folder.data, "KHOINS_TOKEN": token]) { $1 }
    }

    /// Runs it, and throws unless the callback was filed as a new one.
    func answer() throws {
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0, answer.contains(#""result":"created""#) else {
            throw Failure("status \(process.terminationStatus), answer \(answer)")
        }
    }

    /// Runs it under callgrind.
    ///
    /// - Returns: The instructions of the whole process.
    func instructions() throws -> Int {
        let executable = try Tool.required(process.executableURL?.path, "KHOINS_TEST_BINARY")
        process.executableURL = URL(fileURLWithPath: try Tool.required(Tool.path("valgrind"), "valgrind"))
        process.arguments = ["--tool=callgrind", "--callgrind-out-file=\(folder.file("profile"))", executable]
        try answer()
        // The line is `summary: N` or `totals: N` (Callgrind Format Specification).
        let counts = folder.text("profile").split(separator: "\n").compactMap { line in
            ["summary: ", "totals: "].filter(line.hasPrefix).first.flatMap { Int(line.dropFirst($0.count)) }
        }
        guard let count = counts.last else { throw Failure("no count in callgrind's profile") }
        return count
    }
}
