import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A burst of large callbacks", .serialized)
struct BurstTests {
    /// Megabytes that a process has in memory, what it shares included.
    private func memory(_ process: ChildProcess) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return try #require(line?.split(separator: " ").compactMap { Int($0) }.first) >> 10
    }

    @Test(
        "takes memory for some of them at a time, and gives it back",
        .enabled(if: TestBinary.isRelease, "a debug build takes minutes for it"))
    func memory() throws {
        let (installation, process, address) = try Installation.serving(
            "KHOINS_THREADS=4\nKHOINS_MAX_BODY=2097152\n")
        let text = String(repeating: "x", count: 2_000_000)
        let before = try memory(process)
        let finished = DispatchSemaphore(value: 0)
        let count = 100
        for number in 0..<count {
            Thread.detachNewThread {
                let body = #"{"refid":"B-\#(number)","message":"{\"status\":\"Success\",\"message\":\"\#(text)\"}"}"#
                #expect((try? FastCGIDoor(address: address).send(Request(posting: body)).status) == 200)
                finished.signal()
            }
        }
        var peak = 0
        for _ in 0..<count {
            while finished.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
                peak = max(peak, try memory(process))
            }
        }
        #expect(peak - before < 400, "from \(before) to \(peak) MiB")
        try wait(for: "the memory") { try memory(process) - before < 24 }
        #expect(installation.scratch.data.names("transactions").count == count)
    }
}
