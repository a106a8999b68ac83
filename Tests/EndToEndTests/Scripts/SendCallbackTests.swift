import TestSupport
import Testing

@Suite("scripts/send-callback", .needs("nginx", "curl"))
struct SendCallbackTests {
    @Test("posts every shape, each of which is filed as what it is")
    func shapes() throws {
        let installation = try WayIn.nginxUnix.open()
        let scratch = installation.scratch
        let port = try #require(installation.door as? HTTPDoor).port
        let url = "http://127.0.0.1:\(port)/laporan/khoins/"
        let expected: KeyValuePairs = [
            "T1": "Success", "T2": "Success", "T3": "Success", "T4": "Gagal", "U1": "Success", "U2": "Expired",
            "U3": "Success", "U4": "Dibatalkan",
        ]
        for (shape, status) in expected {
            let before = Set(scratch.data.names("transactions", "topups"))
            let command = Command(
                script: "send-callback", ["--shape", shape], in: scratch,
                environment: ["KHOINS_URL": url + secretToken])
            let ending = try ChildProcess.run(command, in: scratch, name: "send")
            #expect(ending.status == 0, "\(shape): \(ending.errors)")
            let reply = ending.output
            #expect(try JSON(ending.bytes)["result"] == "created", "\(shape): \(reply)")
            let name = try #require(Set(scratch.data.names("transactions", "topups")).subtracting(before).first)
            let record = try scratch.data.json(name)
            #expect(record["status"] == .string(status), "\(shape)")
            #expect(record["kind"] == (shape.hasPrefix("T") ? "transaction" : "topup"), "\(shape)")
            #expect((record["damaged"] == true) == (shape == "T3"), "\(shape)")
        }
        #expect(scratch.data.names("rejected") == [])
        #expect(try scratch.data.findings() == [])

        let refused = Command(script: "send-callback", [url + "x"], in: scratch)
        let ending = try ChildProcess.run(refused, in: scratch, name: "send")
        #expect(ending.status == 1)
        #expect(try JSON(ending.bytes)["error"] == "forbidden")
        installation.stop()
        let nobody = try ChildProcess.run(refused, in: scratch, name: "send")
        #expect(nobody.status == 2)
    }
}
