import Foundation
import TestSupport
import Testing

@Suite("scripts/run", .needs("nginx", "curl"))
struct RunScriptTests {
    private func arguments(_ port: UInt16, in scratch: Scratch) throws -> [String] {
        ["--once", "--binary", try TestBinary.path(), "--port", "\(port)", "--data", scratch.file("home/data")]
    }

    @Test("posts the documented example through nginx, shows its record and cleans up")
    func once() throws {
        let scratch = try Scratch()
        let port = try LoopbackPort.next()
        for result in ["created", "duplicate"] {
            let ending = try ChildProcess.run(
                Command(script: "run", arguments(port, in: scratch), in: scratch), in: scratch, seconds: 120)
            #expect(ending.status == 0, "\(ending.errors)")
            let output = ending.output
            #expect(output.contains(#"{"status":"ok","trxid":"abc-123","result":"\#(result)"}"#))
            let record = try scratch.data.bytes("transactions/abc-123.json")
            #expect(output.contains(String(decoding: record, as: UTF8.self)))
        }
        #expect(try scratch.data.json("transactions/abc-123.json")["status"] == "Success")
        let findings = try scratch.data.findings()
        // The script makes the directory itself, as an operator does who wants to look into it.
        #expect(findings == [] || findings == [". has mode 755"], "\(findings)")
        #expect((try? StreamSocket(connectingTo: .tcp(port))) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("run")) == [])
    }

    @Test("starts nothing where somebody else has the port")
    func portInUse() throws {
        let scratch = try Scratch()
        let port = try LoopbackPort.next()
        let other = try StreamSocket(listeningOn: .tcp(port))
        let ending = try withExtendedLifetime(other) {
            try ChildProcess.run(Command(script: "run", arguments(port, in: scratch), in: scratch), in: scratch)
        }
        #expect(ending.status == 2)
        #expect(ending.errors.contains("\(port)"))
    }
}
