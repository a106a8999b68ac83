import Foundation
import TestSupport
import Testing

@Suite("A web server with the examples serves nothing of the program's own")
struct ServedFilesTests {
    private static let marker = "JANGAN-TERLIHAT"

    /// What may be asked for; each way has these names somewhere.
    private static let paths = [
        "khoins-callback.env", "khoins-callback", "khoins-callback.env.bak", "bin/khoins-callback.env",
        "etc/khoins-callback.env", "khoins-callback/khoins-callback.env", "khoins-callback/khoins-callback",
        "khoins-callback/data/transactions/abc-123.json", "khoins-callback/data/journal/000000000001-20261122.jsonl",
        "data/transactions/abc-123.json", "data/transactions/", "data/journal/", "data/journal/.lock",
        "data/journal/.note", "data/rejected/x.json", "data/archive/2026-08.jsonl",
        "home/data/transactions/abc-123.json",
        "cgi-bin/khoins-callback.env", "cgi-bin/khoins-callback", "laporan/khoins.env", "laporan/khoins-callback.env",
        ".htaccess", ".env", "khoins-callback/", "data/",
    ]

    private static let disguises: [@Sendable (String) -> String] = [
        { "/\($0)" }, { "/laporan/khoins/../\($0)" }, { "/laporan/khoins/../../\($0)" }, { "//\($0)" },
        { "/./\($0)" }, { "/%2e%2e/\($0)" }, { "/laporan/khoins/..%2f\($0)" }, { "/laporan/khoins/%2e%2e/\($0)" },
        { "/\($0)?x=.cgi" }, { "/\($0)/" }, { "/\($0)/x" }, { "/\($0)%00" }, { "/\($0)%20" }, { "/\($0.uppercased())" },
        { "/\($0.replacing("k", with: "%6b").replacing("d", with: "%64"))" }, { "/x/..//\($0)" }, { "/\($0);x" },
        { "/laporan/khoins\\..\\\($0)" },
    ]

    /// Puts files that nobody may see wherever one of the paths could lead.
    private func plant(_ scratch: Scratch, in roots: [String]) throws {
        scratch.leavesDamage()
        for root in roots {
            // Some names are a directory under one path and a file under another: the directory goes first.
            for path in Self.paths.sorted(by: { $0.count > $1.count })
            where !path.hasSuffix("/") && !path.contains("laporan") {
                let file = "\(root)/\(path)"
                if FileManager.default.fileExists(atPath: scratch.file(file)) { continue }
                guard (try? scratch.makeDirectory(String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]))) != nil
                else { continue }
                _ = try? scratch.write(Self.marker, to: file)
            }
        }
    }

    private func expectNothingServed(_ installation: Installation) throws {
        var count = 0
        for path in Self.paths {
            for disguise in Self.disguises {
                let target = disguise(path)
                let reply = try installation.door.send(Request("GET", target))
                #expect(!reply.text.contains(Self.marker) && !reply.text.contains(secretToken), "\(target)")
                #expect(!reply.text.contains("ELF") && !reply.text.contains("KHOINS_DATA"), "\(target)")
                #expect(reply.status >= 400, "\(target): \(reply.status) \(reply.text.prefix(200))")
                count += 1
            }
        }
        #expect(count > 400)
    }

    @Test(
        "where the settings lie beside the executable and the data nearby",
        arguments: WayIn.testable([.nginxUnix, .apacheCgid, .apacheFcgid, .apacheProxyFcgi, .lighttpd]))
    func examples(way: WayIn) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        try scratch.writeSettings("# \(Self.marker)\n", to: "bin/khoins-callback.env")
        try way.start(in: installation)
        try installation.waitUntilHealthy()
        try plant(scratch, in: [".", "bin"])
        try expectNothingServed(installation)
    }

    @Test("where all of it lies below the document root of a shared host", .needs(WayIn.sharedHost.needs))
    func sharedHost() throws {
        let installation = try Installation(Scratch())
        let scratch = installation.scratch
        try scratch.uploadForSharedHost()
        try installation.sharedHost(allowOverride: "AuthConfig FileInfo Indexes Limit Options")
        try installation.waitUntilHealthy()
        try plant(scratch, in: ["home/public_html", "home/public_html/cgi-bin"])
        try expectNothingServed(installation)
    }

    @Test("and these tests see it where one does", .needs(WayIn.sharedHost.needs))
    func control() throws {
        let installation = try Installation(Scratch())
        let scratch = installation.scratch
        try scratch.uploadForSharedHost()
        try plant(scratch, in: ["home/public_html"])
        try scratch.write("", to: "home/public_html/.htaccess")
        try installation.sharedHost(allowOverride: "All")
        let reply = try installation.door.send(Request("GET", "/khoins-callback/khoins-callback.env"))
        #expect(reply.status == 200 && reply.text.contains(Self.marker))
    }
}
