import FoundationEssentials
import System
import TestSupport
import Testing

@testable import Gateway

@Suite("A settings file")
struct SettingsFileTests {
    private func parse(_ text: String) throws(Settings.Problem) -> SettingValues {
        try SettingsFile.parse(Array(text.utf8))
    }

    @Test(
        "sets a value by a line of NAME=value",
        arguments: [
            ("KHOINS_DATA=/data", "/data"),
            ("KHOINS_DATA=/data\n", "/data"),
            ("KHOINS_DATA=/data\r\n", "/data"),
            ("\u{FEFF}KHOINS_DATA=/data", "/data"),
            ("\n\n  KHOINS_DATA = /data  \n", "/data"),
            ("# KHOINS_DATA=/no\n; KHOINS_DATA=/no\n   # x\nKHOINS_DATA=/data", "/data"),
            (#"KHOINS_DATA="/data dir""#, "/data dir"),
            ("KHOINS_DATA='/data dir'", "/data dir"),
            ("KHOINS_DATA=' /data '", " /data "),
            (#"KHOINS_DATA="/data"#, #""/data"#),
            (#"KHOINS_DATA='/data""#, #"'/data""#),
            ("KHOINS_DATA=\"", "\""),
            ("KHOINS_DATA=/a=b", "/a=b"),
            ("KHOINS_DATA=/data # no comment", "/data # no comment"),
            ("export KHOINS_DATA=/data", "/data"),
            ("export\tKHOINS_DATA=/data", "/data"),
            ("KHOINS_DATA=/a\nKHOINS_DATA=/b", "/b"),
            ("KHOINS_DATA=", nil),
            (#"KHOINS_DATA="""#, nil),
            ("khoins_data=/data", nil),
            ("KHOINS_DATAX=/data", nil),
            ("OTHER=1\nPATH=/bin", nil),
            ("", nil),
        ] as [(String, String?)])
    func values(_ text: String, _ value: String?) throws {
        #expect(try parse(text)[.data] == value)
    }

    @Test(
        "names what looks like a setting and is none",
        arguments: [
            ("KHOINS_TOKN=x", ["KHOINS_TOKN"]), ("khoins_token=x", ["khoins_token"]),
            ("KHOINS_DATAX=/data\nKHOINS_DATAX=/b", ["KHOINS_DATAX"]),
            ("KHOINS-TOKEN=x", ["KHOINS-TOKEN"]),
            ("KHOINS_SETTINGS=/x", ["KHOINS_SETTINGS"]), ("export KHOINS_ALOW=1", ["KHOINS_ALOW"]),
            ("OTHER=1\n#KHOINS_TOKN=x\nKHOINS_TOKEN=x\nKHOINS_URL=x\nKHOINS_CLUSTER=http://x", []),
        ])
    func ignored(_ text: String, _ names: [String]) throws {
        let ignored = try parse(text).ignored
        #expect(ignored.map(\.name) == names)
        #expect(ignored.allSatisfy { $0.sentence.hasPrefix("\($0.name) stands in") })
    }

    @Test("keeps bytes of any sort from doing harm", arguments: ["\0=\0", "=\u{FFFD}x", "KHOINS_DATA=\0"])
    func bytes(_ text: String) {
        _ = try? parse(text)
        _ = try? SettingsFile.parse([0xFF, 0xFE, 0x3D, 0x00, 0x0A])
    }

    @Test(
        "with a line that is neither is refused by the line's number, not by its words",
        arguments: [("s3cret", 1), ("A=1\n\ns3cret\n", 3), ("=s3cret", 1), ("export s3cret", 1)])
    func refused(_ text: String, _ line: Int) {
        #expect(throws: Settings.Problem("line \(line) of the settings file is not NAME=value")) { try parse(text) }
    }
}

@Suite("Where settings come from")
struct SettingsSourceTests {
    @Test("the environment overrides the file that KHOINS_SETTINGS names")
    func precedence() throws {
        try withDirectory { directory in
            let path = "\(directory)/settings.env"
            try write("KHOINS_DATA=/file\nKHOINS_TOKEN=file\n", to: path)
            let environment: Variables = ["KHOINS_SETTINGS": path, "KHOINS_DATA": "/environment", "KHOINS_ALLOW": ""]
            let values = try SettingsSource.values(environment: environment)
            #expect(values[.data] == "/environment")
            #expect(values[.token] == "file")
            #expect(values[.allow] == nil)
        }
    }

    @Test("without a file the environment is enough")
    func environmentAlone() throws {
        let values = try SettingsSource.values(environment: ["KHOINS_DATA": "/environment", "KHOINS_SETTINGS": ""])
        #expect(values[.data] == "/environment")
    }

    @Test("a file that is named must be there and be one that can be read")
    func missing() throws {
        try withDirectory { directory in
            let path = "\(directory)/none.env"
            #expect(throws: Settings.Problem("KHOINS_SETTINGS names \(path), which is not there")) {
                try SettingsSource.values(environment: ["KHOINS_SETTINGS": path])
            }
            #expect(throws: Settings.Problem("cannot read \(directory): Is a directory")) {
                try SettingsSource.values(environment: ["KHOINS_SETTINGS": directory])
            }
            try write(String(repeating: "#", count: 2 << 20), to: path)
            #expect(throws: Settings.Problem("\(path) is too large for a settings file")) {
                try SettingsSource.values(environment: ["KHOINS_SETTINGS": path])
            }
        }
    }

    @Test("a token comes from its file, with or without a new line")
    func tokenFile() throws {
        try withDirectory { directory in
            let path = "\(directory)/token"
            try write("old\ns3cret\n", to: path)
            var values = SettingValues.test(["KHOINS_DATA": "/data"])
            values[.token] = try SettingsSource.token(inFile: path)
            #expect(try values.settings().access.refusal(of: .test()) == nil)
            #expect(throws: Settings.Problem("the token file \(directory)/none is not there")) {
                try SettingsSource.token(inFile: "\(directory)/none")
            }
        }
    }

    @Test(
        "a token file's line ends separate, and lines that begin with # say nothing",
        arguments: [
            ("s3cret", "s3cret"), ("\u{FEFF}s3cret\r\n", "s3cret"), ("old\r\ns3cret\r\n", "old,s3cret"),
            ("# token khoins\ns3cret\n", "s3cret"), ("  # x\nold,s3cret\n\n", "old,s3cret"),
        ])
    func tokenFileList(_ text: String, _ list: String) throws {
        try withDirectory { directory in
            let path = "\(directory)/token"
            try write(text, to: path)
            #expect(try SettingsSource.token(inFile: path) == list)
        }
    }

    @Test(
        "a token file without a token, or with something else, is refused and falls back to nothing",
        arguments: [
            "", "\n", " \n\r\n\t\n", ",", "# s3cret\n", "s3cret # note", "s3cret note\n", "s3cret\nold token\n", "\0",
            "metrics\n", "s3cret\npanel\n",
        ])
    func wrongTokenFile(_ text: String) throws {
        try withDirectory { directory in
            let path = "\(directory)/token"
            try write(text, to: path)
            do throws(Settings.Problem) {
                _ = try SettingsSource.token(inFile: path)
                Issue.record("taken: \(text.debugDescription)")
            } catch {
                #expect(error.sentence.hasPrefix("the token file \(path)") && !error.sentence.contains("s3cret"))
            }
        }
    }

    @Test("the process's own variables are read")
    func environment() {
        #expect(SettingsSource.environment["PATH"]?.isEmpty == false)
    }

    private func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}
