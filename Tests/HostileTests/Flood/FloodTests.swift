import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// What threads of a test count together.
private final class Tally: Sendable {
    let answers = Atomic(0)
    let isOver = Atomic(false)
}

@Suite("A flood without the token", .serialized)
struct FloodTests {
    private static let settings = "KHOINS_THREADS=8\nKHOINS_ALLOW=127.0.0.0/8\n"

    /// What a stranger sends: every kind of request that is refused.
    private static let refused: [Request] = {
        var long = Request("POST", "/laporan/khoins/salah")
        long.body = [UInt8](repeating: 0x5B, count: 60_000)
        var tooLong = Request("POST")
        tooLong.framing = .declared(70_000)
        var elsewhere = Request("GET")
        elsewhere.wrongVariables = ["REMOTE_ADDR": "192.0.2.1"]
        return [
            Request("GET", "/laporan/khoins"), Request("POST", "/laporan/khoins/salah"), long, tooLong, elsewhere,
            Request("DELETE"), Request("BREW", "/laporan/khoins?token=salah"),
        ]
    }()

    @Test("costs no call that touches the disk, and an honest callback does", .needs("strace"))
    func noWrites() throws {
        let installation = try Installation.prepared(settings: Self.settings)
        let scratch = installation.scratch
        let (address, log) = (Address.unix(scratch.file("run/handler.sock")), scratch.file("logs/calls"))
        var command = try installation.serveCommand(on: address)
        command.arguments =
            [
                try ServerProgram.path("strace"), "-D", "-f", "-q", "-o", log, "-e",
                "trace=openat,mkdirat,renameat,renameat2,linkat,unlinkat,flock,fsync,fdatasync,syncfs,sync_file_range",
            ] + (ServerUser.isRoot ? ["-u", ServerUser.name] : []) + [scratch.executable]
            + command.arguments.drop { $0 != scratch.executable }.dropFirst()
        try installation.start("serve", command)
        installation.door = FastCGIDoor(address: address)
        try installation.waitUntilHealthy()

        func calls() throws -> [Substring] {
            try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
                // The C library looks there when it gives memory back, or counts processors for another pool of it.
                .filter { $0.contains("(") }
                .filter { !$0.contains("/proc/sys/vm/") && !$0.contains("/sys/devices/system/cpu/") }
        }
        // The tracer writes when it comes to it.
        try wait(for: "the last call of the start") { try calls().last?.contains("LOCK_UN") == true }
        let before = try calls()
        for _ in 0..<10 {
            for request in Self.refused {
                #expect([403, 405, 413].contains(try installation.door.send(request).status))
            }
        }
        let during = try calls().dropFirst(before.count)
        #expect(during == [])
        #expect(try installation.door.send(Request(posting: #"{"refid":"F-1","message":"{}"}"#)).status == 200)
        try wait(for: "a call of the honest one") {
            try calls().dropFirst(before.count).contains { $0.contains("fdatasync(") }
        }
    }

    @Test("fills no log")
    func fewLines() throws {
        let (installation, process, _) = try Installation.serving(Self.settings)
        let start = ContinuousClock.now
        for index in 0..<700 { _ = try installation.door.send(Self.refused[index % Self.refused.count]) }
        let seconds = Int((ContinuousClock.now - start).components.seconds)
        // Time passes, and the next refusal tells how many were left out before it.
        try wait(for: "the next line") {
            _ = try installation.door.send(Self.refused[0])
            return process.errors.contains("event=suppressed")
        }
        let lines = process.errors.split(separator: "\n")
        let refusals = lines.count { $0.hasPrefix("event=refused ") }
        #expect((20...(40 + 10 * (seconds + 1))).contains(refusals), "\(refusals) lines in \(seconds) s")
        let told = lines.compactMap { line in
            line.hasPrefix("event=suppressed ") ? line.split(separator: "=").last.flatMap { Int($0) } : nil
        }
        #expect(told.reduce(0, +) > 0)
        #expect(lines.allSatisfy { $0.utf8.count < 300 })
        // What is stored is told always.
        for number in 0..<50 {
            let body = #"{"refid":"L-\#(number)","message":"{}"}"#
            #expect(try installation.door.send(Request(posting: body)).status == 200)
        }
        // After the answer, that is.
        func stored() -> Int { process.errors.split(separator: "\n").count { $0.hasPrefix("event=stored ") } }
        try wait(for: "the last line") { stored() >= 50 }
        #expect(stored() == 50)
    }

    @Test("lets honest callbacks pass at half their usual rate at least, under 64 hostile connections")
    func honestRate() throws {
        let (installation, process, address) = try Installation.serving("KHOINS_THREADS=32\n")
        // The best of a few, as other tests come and go on this machine.
        var best = 0.0
        for round in 1...5 where best <= 0.5 {
            let quiet = try honestCallbacks(address, "quiet-\(round)")
            let tally = Tally()
            let finished = try startFlood(address, tally)
            let flooded = try honestCallbacks(address, "flooded-\(round)")
            tally.isOver.store(true, ordering: .relaxed)
            for _ in 0..<64 { finished.wait() }
            #expect(tally.answers.load(ordering: .relaxed) > 3 * 64, "this was no flood")
            best = max(best, Double(flooded) / Double(quiet))
        }
        #expect(best > 0.5)
        #expect(process.isRunning)
        #expect(try installation.scratch.data.findings() == [])
    }

    /// Starts 64 strangers who send one request after another.
    private func startFlood(_ address: Address, _ tally: Tally) throws -> DispatchSemaphore {
        let finished = DispatchSemaphore(value: 0)
        let bytes = Peer.honest(Self.refused[1])
        for _ in 0..<64 {
            Thread.detachNewThread {
                while !tally.isOver.load(ordering: .relaxed) {
                    guard let peer = try? Peer(address) else { continue }
                    peer.socket.send(bytes)
                    if (try? peer.socket.readToEnd().isEmpty) == false { tally.answers.add(1, ordering: .relaxed) }
                }
                finished.signal()
            }
        }
        return finished
    }

    /// Callbacks that four senders get answered with 200 in a second.
    private func honestCallbacks(_ address: Address, _ name: String) throws -> Int {
        let tally = Tally()
        let finished = DispatchSemaphore(value: 0)
        let end = ContinuousClock.now + .seconds(1)
        for sender in 0..<4 {
            Thread.detachNewThread {
                var number = 0
                while ContinuousClock.now < end {
                    number += 1
                    let body = #"{"refid":"\#(name)-\#(sender)-\#(number)","message":"{\"status\":\"Success\"}"}"#
                    let status = try? FastCGIDoor(address: address).send(Request(posting: body)).status
                    if status == 200 { tally.answers.add(1, ordering: .relaxed) }
                }
                finished.signal()
            }
        }
        for _ in 0..<4 { finished.wait() }
        return tally.answers.load(ordering: .relaxed)
    }
}
