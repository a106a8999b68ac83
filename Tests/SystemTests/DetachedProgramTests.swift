import FoundationEssentials
import Glibc
import Testing

@testable import System

@Suite("A detached program")
struct DetachedProgramTests {
    /// Runs a shell script that way, waits for its end, and gives what it wrote into the file `$1`.
    private func run(_ script: String, environment: [String] = [], niceness: Int32 = 0) throws -> [Substring] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("khoins-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let child = try DetachedProgram.start(
            "/bin/sh", ["-c", script, "sh", "\(folder)/said"], environment: environment, niceness: niceness)
        var status: Int32 = -1
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        #expect(status == 0)
        let bytes = try #require(FileManager.default.contents(atPath: "\(folder)/said"))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    @Test("leads a session of its own, with nothing on its input, output and error, and no other descriptor")
    func session() throws {
        // Not close-on-exec, as a careless web server leaves its own.
        let ends = [Int32](unsafeUninitializedCapacity: 2) { buffer, count in
            count = buffer.baseAddress.map { pipe($0) == 0 ? 2 : 0 } ?? 0
        }
        defer { ends.forEach { close($0) } }
        let said = try run(
            """
            said=$(cut -d ' ' -f 1,6 /proc/$$/stat; readlink /proc/$$/fd/0 /proc/$$/fd/1 /proc/$$/fd/2; ls /proc/$$/fd | wc -l)
            echo "$said" >"$1"
            """)
        let numbers = try #require(said.first).split(separator: " ")
        #expect(numbers[0] == numbers[1], "it is no leader of a session")
        #expect(said[1...3] == ["/dev/null", "/dev/null", "/dev/null"])
        // These three, and the end of the pipe that the script reads from.
        #expect(said[4] == "4")
    }

    @Test("takes its signals as they are by default, whatever this process does with its own")
    func signals() throws {
        var blocked = sigset_t()
        var before = sigset_t()
        sigemptyset(&blocked)
        for number in [SIGTERM, SIGCHLD, SIGTSTP] { sigaddset(&blocked, number) }
        pthread_sigmask(SIG_BLOCK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        // One that nobody thinks of, as a shell ignores SIGQUIT for what it starts in the background.
        let handler = signal(SIGUSR2, SIG_IGN)
        defer { signal(SIGUSR2, handler) }
        let said = try run(#"grep -E '^Sig(Blk|Ign)' /proc/self/status >"$1""#)
        // Those that belong to the C library's threads, 32 and 33, are its own affair.
        #expect(said.count == 2 && said.allSatisfy { UInt64($0.suffix(16), radix: 16).map { $0 & ~(3 << 31) } == 0 })
    }

    @Test("gets these variables and no others, and steps back behind other programs")
    func environment() throws {
        // The priority is set from outside, when it runs already.
        let script =
            #"until [ "$(nice)" = 7 ]; do :; done; echo "$A" >"$1"; nice >>"$1"; env | grep -c KHOINS >>"$1"; true"#
        let said = try run(script, environment: ["A=x y", "PATH=/usr/bin:/bin"], niceness: 7)
        #expect(said == ["x y", "7", "0"])
    }

    @Test("that is not there fails with its reason", arguments: ["/nowhere/khoins-callback", "/dev/null", "/tmp"])
    func missing(path: String) {
        #expect(throws: LedgerError.self) {
            try DetachedProgram.start(path, [], environment: [])
        }
    }
}
