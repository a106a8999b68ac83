import Foundation
import Glibc
import Testing

@Suite("scripts/install")
struct InstallScriptTests {
    @Test("puts executable, settings and units in place, and leaves an operator's settings alone")
    func intoDirectory() throws {
        let scratch = try Scratch()
        let command = Command(
            script: "install", ["--binary", try TestBinary.path()], in: scratch,
            environment: ["DESTDIR": scratch.file("home/root")])
        let first = try ChildProcess.run(command, in: scratch)
        #expect(first.status == 0, "\(first.errors)")
        let root = scratch.file("home/root")
        for name in [
            "usr/local/bin/khoins-callback", "etc/systemd/system/khoins-callback.service",
            "etc/systemd/system/khoins-callback.socket",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(root)/\(name)"), "\(name)")
        }
        let settings = "\(root)/etc/khoins-callback/khoins-callback.env"
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        #expect(text.contains(/(?m)^KHOINS_TOKEN=[0-9a-f]{32,}$/))
        var status = stat()
        #expect(stat(settings, &status) == 0)
        #expect(status.st_mode & 0o007 == 0)
        #expect(try ChildProcess.run(command, in: scratch).status == 0)
        #expect(try String(contentsOfFile: settings, encoding: .utf8) == text)
    }
}
