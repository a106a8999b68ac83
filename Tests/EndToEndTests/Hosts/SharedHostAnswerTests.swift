import Foundation
import Glibc
import TestSupport
import Testing

/// Every row of the table in docs/shared-hosting.md, made by an Apache that is set up so.
@Suite("On a shared host", .needs(WayIn.sharedHost.needs))
struct SharedHostAnswerTests {
    private static let callback = "/laporan/khoins/\(secretToken)"
    private static let wrapper = "/cgi-bin/khoins.cgi/\(secretToken)"

    private func host(
        allowOverride: String = "All", options: String = "Indexes FollowSymLinks", runsPrograms: Bool = true,
        _ change: (Scratch) throws -> Void = { _ in }
    ) throws -> Installation {
        let installation = try Installation(Scratch())
        let scratch = installation.scratch
        try scratch.uploadForSharedHost()
        try scratch.write("<h1>Toko</h1>\n", to: "home/public_html/index.html")
        ServerUser.own(scratch.file("home/khoins-callback"))
        try change(scratch)
        try installation.sharedHost(allowOverride: allowOverride, options: options, runsPrograms: runsPrograms)
        return installation
    }

    /// What a host allows a .htaccess, and what then answers: the callback's URL, the wrapper's, the shop's own page.
    static let allowed: KeyValuePairs = [
        "All": [200, 200, 200],
        "All Options=ExecCGI,Includes,IncludesNOEXEC,Indexes,MultiViews,SymLinksIfOwnerMatch": [200, 200, 200],
        "All Options=ExecCGI,Indexes,MultiViews,SymLinksIfOwnerMatch": [200, 200, 200],
        "FileInfo AuthConfig Limit Indexes": [200, 200, 200],
        "FileInfo AuthConfig Limit": [200, 200, 200],
        "FileInfo AuthConfig Limit Indexes Options=ExecCGI,Includes": [200, 200, 200],
        "FileInfo Limit Indexes Options": [200, 200, 200],
        "FileInfo": [200, 200, 200],
        "FileInfo AuthConfig Nonfatal=All": [200, 200, 200],
        "None": [404, 200, 200],
        "AuthConfig Limit Indexes Options": [500, 500, 500],
    ]

    @Test("the lines for .htaccess need FileInfo and nothing else", arguments: allowed.map(\.key))
    func overrides(allowOverride: String) throws {
        let expected = try #require(Self.allowed.first { $0.key == allowOverride }).value
        let installation = try host(allowOverride: allowOverride)
        let statuses = try [Self.callback, Self.wrapper, "/"].map {
            try installation.door.send(Request("GET", $0)).status
        }
        #expect(statuses == expected, "\(installation.scratch.logs)")
    }

    @Test("a handler's folder that was put below public_html is closed by the wrapper, also without the lines")
    func closed() throws {
        let installation = try host { scratch in
            try scratch.write("", to: "home/public_html/.htaccess")
            try FileManager.default.moveItem(
                atPath: scratch.file("home/khoins-callback"),
                toPath: scratch.file("home/public_html/khoins-callback"))
        }
        let settings = Request("GET", "/khoins-callback/khoins-callback.env.example")
        let example = "home/public_html/khoins-callback/khoins-callback.env.example"
        try installation.scratch.write("KHOINS_TOKEN=\n", to: example)
        #expect(try installation.door.send(settings).status == 200)
        #expect(try installation.door.send(Request("GET", Self.wrapper)).status == 200)
        #expect(try installation.door.send(settings).status == 403)
    }

    /// A row: how it is made, and what the callback's URL and the wrapper's answer.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var statuses: [Int]
        /// Whether the program or the wrapper answers the callback's URL, and not the web server.
        var isJSON: Bool
        var allowOverride = "All"
        var options = "Indexes FollowSymLinks"
        var runsPrograms = true
        var target = "/laporan/khoins/\(secretToken)"
        var change: @Sendable (Scratch) throws -> Void = { _ in }
    }

    static let rows = [
        Row(testDescription: "another token", statuses: [403], isJSON: true, target: "/laporan/khoins/x"),
        Row(testDescription: "no links are followed", statuses: [403, 403], isJSON: false, options: "None"),
        Row(testDescription: ".htaccess is not read", statuses: [404, 200], isJSON: false, allowOverride: "None"),
        Row(testDescription: "cgi-bin holds no programs", statuses: [404, 404], isJSON: false, runsPrograms: false),
        Row(
            testDescription: "cgi-bin holds no programs, but .htaccess says so of the wrapper", statuses: [200, 200],
            isJSON: true, runsPrograms: false
        ) {
            let lines = try Template.read("scripts/examples/htaccess", replacing: [:])
                .replacing(/#     (?=Options \+ExecCGI|<Files|<\/Files|    SetHandler)/, with: "")
            try $0.write(lines, to: "home/public_html/.htaccess")
        },
        Row(testDescription: "no settings", statuses: [500, 500], isJSON: true) {
            unlink($0.file("home/khoins-callback/khoins-callback.env"))
        },
        Row(testDescription: "no program", statuses: [500, 500], isJSON: true) {
            unlink($0.file("home/khoins-callback/khoins-callback"))
        },
        Row(testDescription: "settings without a token", statuses: [500, 500], isJSON: true) {
            try $0.write("KHOINS_DATA=./data\n", to: "home/khoins-callback/khoins-callback.env", secret: true)
        },
        Row(testDescription: "the wrapper without its mode", statuses: [500, 500], isJSON: false) {
            chmod($0.file("home/public_html/cgi-bin/khoins.cgi"), 0o644)
        },
        Row(testDescription: "the wrapper's folder without its mode", statuses: [403, 403], isJSON: false) {
            chmod($0.file("home/public_html/cgi-bin"), 0o644)
        },
        Row(testDescription: "the wrapper with Windows line ends", statuses: [500, 500], isJSON: false) {
            let lines = try Template.read("scripts/examples/cgi-bin/khoins.cgi", replacing: ["\n": "\r\n"])
            try $0.writeProgram(lines, to: "home/public_html/cgi-bin/khoins.cgi")
        },
        Row(
            testDescription: "the host allows too little in .htaccess", statuses: [500, 500], isJSON: false,
            allowOverride: "AuthConfig Limit"),
        Row(testDescription: "the data directory is closed", statuses: [503, 503], isJSON: true) {
            try $0.makeDirectory("home/data/journal")
            for name in ["home/data", "home/data/journal"] {
                ServerUser.own($0.file(name))
                chmod($0.file(name), 0o500)
            }
        },
    ]

    @Test("each row of the table of answers is what happens", arguments: rows)
    func row(_ row: Row) throws {
        let installation = try host(
            allowOverride: row.allowOverride, options: row.options, runsPrograms: row.runsPrograms, row.change)
        let replies = try [row.target, Self.wrapper].prefix(row.statuses.count).map {
            try installation.door.send(Request("GET", $0))
        }
        #expect(replies.map(\.status) == row.statuses, "\(installation.scratch.logs)")
        #expect((replies.first?.json != nil) == row.isJSON, "\(replies.map(\.text))")
        for name in ["home/data", "home/data/journal"] { chmod(installation.scratch.file(name), 0o700) }
    }
}
