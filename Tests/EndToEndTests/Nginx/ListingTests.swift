import Foundation
import Glibc
import TestSupport
import Testing

@Suite("nginx's listing of the data directory", .needs("nginx"))
struct ListingTests {
    private static let marker = "JANGAN-TERLIHAT"

    private func get(_ door: any Door, _ target: String, login: String? = Installation.operatorLogin) throws -> Reply {
        var request = Request("GET", target)
        if let login { request.headers["Authorization"] = "Basic \(Data(login.utf8).base64EncodedString())" }
        return try door.send(request)
    }

    /// Runs nginx over a directory with a record, and with files that nobody may see.
    private func open() throws -> Installation {
        let installation = try WayIn.nginxUnix.open()
        let scratch = installation.scratch
        scratch.leavesDamage()
        #expect(try installation.door.send(Request(posting: Body.t1)).status == 200)
        #expect(try installation.door.send(Request(posting: Self.marker)).status == 400)
        let hidden = [
            "khoins-callback.env", ".hidden", "transactions/.abc-123.json.tmp", "transactions/.hidden.json",
            "transactions/notes.txt", "transactions/abc-123.json~", "journal/copy.json", "other/file.json",
            "transactions/deeper/file.json",
        ]
        for directory in ["other", "transactions/deeper"] { try scratch.makeDirectory("home/data/\(directory)") }
        for name in hidden { try scratch.write(Self.marker, to: "home/data/\(name)") }
        try scratch.write(Self.marker, to: "home/outside.json")
        #expect(symlink("../../outside.json", scratch.file("home/data/transactions/link.json")) == 0)
        #expect(symlink("../journal", scratch.file("home/data/transactions/journal.json")) == 0)
        #expect(symlink("journal", scratch.file("home/data/archive")) == 0)
        return installation
    }

    @Test("shows the operator records, and nobody else anything")
    func password() throws {
        let installation = try open()
        let door = installation.door
        let record = "/khoins-data/transactions/abc-123.json"
        let reply = try get(door, record)
        #expect(reply.status == 200)
        #expect(reply.body == (try installation.scratch.data.bytes("transactions/abc-123.json")))
        #expect(reply.headers["content-type"]?.hasPrefix("application/json") == true)
        for target in ["/khoins-data/", "/khoins-data/transactions/", "/khoins-data/topups/", "/khoins-data/rejected/"]
        {
            #expect(try get(door, target).status == 200, "\(target)")
        }
        let listing = try get(door, "/khoins-data/transactions/").text
        #expect(listing.contains("abc-123.json"))
        #expect(!listing.contains("hidden"))
        for login in [nil, "operator:salah", "lain:sandi-operator"] {
            for target in [record, "/khoins-data/", "/khoins-data/transactions/"] {
                #expect(try get(door, target, login: login).status == 401, "\(target)")
            }
        }
    }

    @Test("reaches nothing else, however it is asked for")
    func hostileTargets() throws {
        let installation = try open()
        let journal = try #require(installation.scratch.data.names("journal").first { $0.hasSuffix(".jsonl") })
        let files = [
            journal, "journal/copy.json", "journal/", "journal", "journal/.checkpoint", "khoins-callback.env",
            ".hidden",
            "transactions/.hidden.json", "transactions/.abc-123.json.tmp", "transactions/notes.txt",
            "transactions/abc-123.json~", "transactions/link.json", "transactions/journal.json/copy.json",
            "transactions/deeper/file.json", "other/file.json", "other/", "archive/copy.json", "archive/",
        ]
        let disguises: [(String) -> String] = [
            { $0 }, { "transactions/../\($0)" }, { "transactions/%2e%2e/\($0)" }, { "transactions/..%2f\($0)" },
            { "transactions//../\($0)" }, { "./\($0)" }, { "%2e/\($0)" }, { "/\($0)" }, { "transactions/./../\($0)" },
            { "\($0)%00.json" }, { "\($0)?.json" }, { "\($0)/.json" }, { "TRANSACTIONS/../\($0)" },
        ]
        for file in files {
            for disguise in disguises {
                let target = "/khoins-data/\(disguise(file))"
                let reply = try get(installation.door, target)
                #expect(!reply.text.contains(Self.marker), "\(target)")
                #expect(!reply.text.contains("KH-9001") && !reply.text.contains("crc"), "\(target)")
                #expect(reply.status != 200, "\(target): \(reply.text.prefix(200))")
            }
        }
        // Nor is there another way to the directory or to the handler.
        for target in [
            "/", "/khoins-data../khoins-callback.env", "/transactions/abc-123.json", "/laporan", "/laporan/khoins/a/b",
        ] {
            #expect(try get(installation.door, target).status == 404, "\(target)")
        }
    }
}
