import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The release executable", .enabled(if: TestBinary.isRelease, "KHOINS_TEST_BINARY names no release build"))
struct StaticExecutableTests {
    @Test("is static, and has less than 18,000,000 bytes")
    func isStatic() throws {
        let scratch = try Scratch()
        let ending = try ChildProcess.run(Command("ldd", try TestBinary.path()), in: scratch)
        let said = ending.output + ending.errors
        #expect(said.contains("not a dynamic executable") || said.contains("statically linked"), "\(said)")
        #expect(try bytes(of: TestBinary.path()) < 18_000_000)
    }

    private func bytes(of path: String) throws -> Int {
        try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? .max
    }

    @Test(
        "answers in a root directory that holds nothing but itself",
        .enabled(if: ServerUser.isRoot, "only root may change the root directory"))
    func emptyRoot() throws {
        let scratch = try Scratch()
        try scratch.makeDirectory("home/root")
        try scratch.makeDirectory("home/root/kept")
        ServerUser.own(scratch.file("home/root/kept"))
        try scratch.installExecutable(in: "home/root")
        var door = CGIDoor(scratch, environment: ["KHOINS_DATA": "/kept/data", "KHOINS_TOKEN": secretToken])
        // By its number: there is no list of users in there.
        let user = "\(ServerUser.numericID):\(ServerUser.numericID)"
        door.command.arguments = [
            "/usr/sbin/chroot", "--userspec=\(user)", "--groups=\(ServerUser.numericID)", scratch.file("home/root"),
            "/khoins-callback",
        ]
        #expect(try door.send(Request(posting: Body.t1)).json?["result"] == "created")
        #expect(try door.send(Request(posting: Body.t1)).json?["result"] == "duplicate")
        #expect(try door.send(Request("GET")).status == 200)
        let data = DataDirectory(path: scratch.file("home/root/kept/data"))
        #expect(data.names("transactions") == ["transactions/abc-123.json"])
        #expect(try data.findings() == [])

        // A settings file beside it is found there.
        try scratch.write("KHOINS_DATA=/kept/data\nKHOINS_TOKEN=\(secretToken)\n", to: "home/root/khoins-callback.env")
        door.command.environment = [:]
        #expect(try door.send(Request("GET")).status == 200)
    }
}
