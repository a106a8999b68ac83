import Foundation

/// The program under test.
enum Executable {
    /// `KHOINS_TEST_BINARY`, or what `swift build` has put beside the tests.
    static let path: String = {
        if let path = ProcessInfo.processInfo.environment["KHOINS_TEST_BINARY"], !path.isEmpty { return path }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let beside = [Bundle.main.bundleURL, own.deletingLastPathComponent()] + bundles
        let found = beside.map { $0.appendingPathComponent("khoins-callback").path }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
        return found ?? "khoins-callback"
    }()

    /// Where the test runner found the tests: it names their bundle in its arguments.
    private static var bundles: [URL] {
        CommandLine.arguments.filter { $0.hasSuffix(".xctest") }.map {
            URL(fileURLWithPath: $0).deletingLastPathComponent()
        }
    }

    /// The executable of a tool; `nil` where it is not installed.
    static func tool(_ name: String) -> String? {
        ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map { "\($0)/\(name)" }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Runs a tool to its end.
    ///
    /// - Returns: Its exit status (negative: the signal that killed it) and what it printed.
    @discardableResult
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: [UInt8] = [], within seconds: Double = 60
    ) throws -> (status: Int32, output: String, error: String) {
        var arguments = arguments
        if !arguments[0].contains("/") {
            guard let path = tool(arguments[0]) else {
                throw ChildProcess.Failure(description: "\(arguments[0]) is not installed")
            }
            arguments[0] = path
        }
        var standardInput = try Pipe()
        standardInput.fill(input)
        let output = FileHandle.temporary()
        let error = FileHandle.temporary()
        let process = try ChildProcess(
            arguments, environment: environment,
            descriptors: [0: standardInput.readEnd, 1: output.fileDescriptor, 2: error.fileDescriptor])
        let ending = try process.wait(within: seconds)
        let status: Int32 =
            switch ending {
            case .exited(let status): status
            case .killed(let signal): -signal
            }
        return (status, output.textFromStart(), error.textFromStart())
    }
}

extension FileHandle {
    /// O_TMPFILE of fcntl.h, which Swift does not import.
    private static let temporaryFile: Int32 = 0o20_000_000 | O_DIRECTORY

    /// A file without a name. Writes go to its end, wherever it is read.
    static func temporary() -> FileHandle {
        let descriptor = open(
            NSTemporaryDirectory(), O_RDWR | O_APPEND | O_CLOEXEC | temporaryFile, 0o600)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    func textFromStart() -> String {
        try? seek(toOffset: 0)
        return String(decoding: (try? readToEnd()) ?? Data(), as: UTF8.self)
    }
}
