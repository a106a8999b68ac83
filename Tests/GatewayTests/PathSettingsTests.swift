import Formats
import System
import TestSupport
import Testing

@testable import Gateway

@Suite("A path in the settings file")
struct PathSettingsTests {
    @Test(
        "counts from the folder of that file",
        arguments: [
            ("data", "FOLDER/data"), ("./data", "FOLDER/data"), (".//data", "FOLDER/data"),
            ("../data", "FOLDER/../data"),
            ("\"a folder/data\"", "FOLDER/a folder/data"), (".", "FOLDER"), ("./", "FOLDER"),
            ("/srv/data", "/srv/data"), ("", nil),
        ] as [(String, String?)])
    func relative(_ value: String, _ expected: String?) throws {
        let scratch = try Scratch(.plain)
        let file = try scratch.write(
            "KHOINS_DATA=\(value)\nKHOINS_LOG=\(value)\n".utf8, to: "khoins.env")
        let values = try SettingsSource.values(environment: ["KHOINS_SETTINGS": file])
        #expect(values[.data] == expected?.replacing("FOLDER", with: scratch.path))
        #expect(values[.log] == values[.data])
        #expect(values.file == file)
    }

    @Test("of a socket does too, and an address is none")
    func socket() throws {
        let scratch = try Scratch(.plain)
        for (address, expected) in [
            ("unix:run/x.sock", "unix:\(scratch.path)/run/x.sock"), ("unix:/run/x.sock", "unix:/run/x.sock"),
            ("127.0.0.1:9000", "127.0.0.1:9000"),
        ] {
            let file = try scratch.write("KHOINS_LISTEN=\(address)\n".utf8, to: "khoins.env")
            #expect(try SettingsSource.values(environment: ["KHOINS_SETTINGS": file])[.listen] == expected)
        }
    }

    @Test("in the environment counts from where the program was started")
    func environment() throws {
        let scratch = try Scratch(.plain)
        let file = try scratch.write("KHOINS_DATA=data\n".utf8, to: "khoins.env")
        let values = try SettingsSource.values(environment: ["KHOINS_SETTINGS": file, "KHOINS_DATA": "./data"])
        #expect(values[.data] == "./data")
    }

    @Test(
        "with half a quote or a remark behind it is refused, and no folder in front hides that",
        arguments: ["\"data", "data\"", "'data", "\"data'", "\"data\" x", "data # x"])
    func halfQuoted(_ value: String) throws {
        let scratch = try Scratch(.plain)
        for name in ["KHOINS_DATA", "KHOINS_LOG", "KHOINS_LISTEN"] {
            let prefix = name == "KHOINS_LISTEN" && !value.hasPrefix("\"data'") ? "unix:" : ""
            var lines = "KHOINS_TOKEN=x\n\(name)=\(prefix)\(value)\n"
            if name != "KHOINS_DATA" { lines += "KHOINS_DATA=/data\n" }
            let file = try scratch.write(lines.utf8, to: "khoins.env")
            let values = try SettingsSource.values(environment: ["KHOINS_SETTINGS": file])
            #expect(throws: Settings.Problem.self, "\(lines)") { try values.settings() }
            if name == "KHOINS_LOG" { #expect(values.logFile == nil) }
        }
    }

    @Test("that only a shell understands is refused", arguments: ["~", "~/data", "$HOME/data", "${HOME}/data"])
    func shell(_ value: String) throws {
        let scratch = try Scratch(.plain)
        let file = try scratch.write("KHOINS_DATA=\(value)\n".utf8, to: "khoins.env")
        let values = try SettingsSource.values(environment: ["KHOINS_SETTINGS": file])
        let word = String(value.prefix { $0 != "/" })
        let problem = Settings.Problem(
            "KHOINS_DATA (--data) begins with \(word), which only a shell knows: write the whole path, or one that counts from the folder of the settings file"
        )
        #expect(throws: problem) { try values.dataDirectory() }
    }
}

@Suite("The settings file that was installed")
struct InstalledSettingsTests {
    @Test("counts only where nothing names another")
    func order() throws {
        let scratch = try Scratch(.plain)
        let installed = try scratch.write("KHOINS_DATA=installed\nKHOINS_ZONE=wit\n".utf8, to: "installed.env")
        let named = try scratch.write("KHOINS_DATA=named\n".utf8, to: "named.env")
        let values = try SettingsSource.values(environment: [:], installed: installed)
        #expect(values[.data] == scratch.file("installed") && values.file == installed)
        #expect(try values.zone() == .wit)
        let over = try SettingsSource.values(environment: ["KHOINS_DATA": "/data"], installed: installed)
        #expect(try over[.data] == "/data" && over.zone() == .wit)
        let other = try SettingsSource.values(environment: ["KHOINS_SETTINGS": named], installed: installed)
        #expect(other[.data] == scratch.file("named") && other[.zone] == nil)
        #expect(try SettingsSource.values(environment: [:]).file == nil)
        #expect(try SettingsSource.values(environment: [:], installed: scratch.file("none")) == SettingValues())
    }

    @Test("is missed only by who needs what it sets")
    func unreadable() throws {
        let scratch = try Scratch(.plain)
        // A directory can be read by nobody, whoever runs the test.
        let problem = Settings.Problem("cannot read \(scratch.path): Is a directory")
        let values = try SettingsSource.values(environment: [:], installed: scratch.path)
        #expect(throws: problem) { try values.dataDirectory() }
        var given = try SettingsSource.values(environment: ["KHOINS_DATA": "/data"], installed: scratch.path)
        #expect(try given.dataDirectory() == "/data")
        #expect(throws: problem) { try given.settings() }
        given[.access] = "open"
        #expect(try given.settings().dataDirectory == "/data")
    }
}

@Suite("A setting's zone")
struct ZoneSettingTests {
    @Test("is one of four, in any case, and WIB unless set")
    func zone() throws {
        let named: [(String?, Zone)] = [
            (nil, .wib), ("", .wib), ("WIB", .wib), ("wita", .wita), ("Wit", .wit), ("UTC", .utc), ("\"utc\"", .utc),
        ]
        for (name, zone) in named {
            #expect(try SettingValues(environment: name.map { ["KHOINS_ZONE": $0] } ?? [:]).zone() == zone)
        }
    }

    @Test(
        "is nothing else, wherever it is read", arguments: ["Asia/Jakarta", "UTC+7", "+07:00", "WIBB", "W", "WIB # x"])
    func refused(_ name: String) {
        let environment: Variables = ["KHOINS_ZONE": name, "KHOINS_DATA": "/data", "KHOINS_TOKEN": "s3cret"]
        for take in [{ _ = try $0.zone() }, { _ = try $0.settings() }] as [(SettingValues) throws -> Void] {
            do {
                try take(SettingValues(environment: environment))
                Issue.record("taken: \(name)")
            } catch {
                let sentence = (error as? Settings.Problem)?.sentence ?? ""
                #expect(sentence.hasPrefix("KHOINS_ZONE (--zone) "))
                #expect(name.contains("#") || sentence.hasSuffix("can be WIB, WITA, WIT or UTC, not “\(name)”"))
            }
        }
    }
}

@Suite("A name that is no setting")
struct IgnoredSettingTests {
    @Test(
        "is told with the one that is near",
        arguments: [
            ("KHOINS_TOKN", "KHOINS_TOKEN"), ("KHOINS_TOKENS", "KHOINS_TOKEN"), ("KHOINS_ALOW", "KHOINS_ALLOW"),
            ("KHOINS_DAT", "KHOINS_DATA"), ("khoins_data", "KHOINS_DATA"), ("KHOINSDATA", "KHOINS_DATA"),
            ("KHOINS-ZONE", "KHOINS_ZONE"), ("KHOINS_PAGEKEY", "KHOINS_PAGE_KEY"),
            ("KHOINS_MAXBODY", "KHOINS_MAX_BODY"),
            ("KHOINS_SECRET", nil), ("KHOINS_PASSWORD", nil),
        ] as [(String, String?)])
    func near(_ name: String, _ meant: String?) throws {
        let values = try SettingsFile.parse(Array("\(name)=x\n".utf8))
        let expected =
            "\(name) stands in the settings file, and there is no such setting: nothing is set by it"
            + (meant.map { "; is \($0) meant?" } ?? "")
        #expect(values.ignored.map(\.sentence) == [expected])
    }
}
