import System
import Testing

@testable import Gateway

extension SettingValues {
    /// Values as an environment gives them.
    static func test(_ values: [String: String]) -> SettingValues { SettingValues(environment: Variables(values)) }
}

@Suite("Settings")
struct SettingsTests {
    private static let enough = ["KHOINS_DATA": "/data", "KHOINS_TOKEN": "s3cret"]

    private func settings(_ values: [String: String]) throws(Settings.Problem) -> Settings {
        try SettingValues.test(Self.enough.merging(values) { $1 }).settings()
    }

    private func problem(_ values: [String: String]) -> String? {
        do throws(Settings.Problem) {
            _ = try SettingValues.test(values).settings()
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test("have the contract's defaults")
    func defaults() throws {
        let settings = try settings([:])
        #expect(settings.dataDirectory == "/data")
        #expect(settings.maximumBody == 65_536)
        #expect(settings.socketMode == 0o660)
        #expect(settings.threads == 8)
    }

    @Test("take what is set")
    func values() throws {
        let settings = try settings([
            "KHOINS_MAX_BODY": "1000", "KHOINS_THREADS": "1", "KHOINS_SOCKET_MODE": "0600", "KHOINS_DATA": "data dir",
        ])
        #expect(settings.dataDirectory == "data dir")
        #expect(settings.maximumBody == 1000)
        #expect(settings.threads == 1)
        #expect(settings.socketMode == 0o600)
    }

    @Test(
        "ask for a token or a list, unless open on purpose",
        arguments: [
            (["KHOINS_TOKEN": "a"], true), (["KHOINS_ALLOW": "10.0.0.0/8"], true), (["KHOINS_ACCESS": "open"], true),
            (["KHOINS_TOKEN": "a", "KHOINS_ACCESS": "open"], true), ([:], false), (["KHOINS_ACCESS": ""], false),
        ] as [([String: String], Bool)])
    func access(_ values: [String: String], _ isEnough: Bool) {
        let sentence = problem(values.merging(["KHOINS_DATA": "/data"]) { $1 })
        #expect((sentence == nil) == isEnough)
        #expect(isEnough || sentence?.hasPrefix("anybody could post: set KHOINS_TOKEN") == true)
    }

    @Test("let in only with a token that is set, though open")
    func openWithToken() throws {
        let access = try settings(["KHOINS_ACCESS": "open"]).access
        #expect(access.refusal(of: .test("POST", ["REQUEST_URI": "/khoins/wrong"])) == .token)
    }

    @Test(
        "take several tokens and ranges",
        arguments: ["old,s3cret", "s3cret, old", " s3cret ", "s3cret\n", "s3cret,", "\"s3cret\"", "'old,s3cret'"])
    func lists(_ tokens: String) throws {
        let access = try settings(["KHOINS_TOKEN": tokens, "KHOINS_ALLOW": "10.0.0.0/8, 182.23.3.230"]).access
        #expect(access.refusal(of: .test()) == nil)
        #expect(access.refusal(of: .test("POST", ["REQUEST_URI": "/khoins/wrong"])) == .token)
        #expect(access.refusal(of: .test("POST", ["REMOTE_ADDR": "192.0.2.1"])) == .address)
    }

    @Test(
        "that are wrong are named in one sentence that says what to set",
        arguments: [
            (["KHOINS_DATA": ""], "KHOINS_DATA (or --data)"),
            (["KHOINS_ALLOW": "10.0.0.0/8,localhost"], "“localhost” is no address"),
            (["KHOINS_ALLOW": "10.0.0.0/33"], "“10.0.0.0/33” is no address"),
            (["KHOINS_ACCESS": "yes"], "KHOINS_ACCESS can only be “open”"),
            (["KHOINS_MAX_BODY": "0"], "KHOINS_MAX_BODY must be a number of bytes from 1 to"),
            (["KHOINS_MAX_BODY": "64k"], "KHOINS_MAX_BODY must be"),
            (["KHOINS_MAX_BODY": "-1"], "KHOINS_MAX_BODY must be"),
            (["KHOINS_MAX_BODY": "99999999999999999999"], "KHOINS_MAX_BODY must be"),
            (["KHOINS_THREADS": "0"], "KHOINS_THREADS must be a number of threads from 1 to 1024"),
            (["KHOINS_THREADS": "1025"], "KHOINS_THREADS must be"),
            (["KHOINS_THREADS": "many"], "KHOINS_THREADS must be"),
            (["KHOINS_SOCKET_MODE": "888"], "KHOINS_SOCKET_MODE (--socket-mode) must be an octal mode"),
            (["KHOINS_SOCKET_MODE": "1777"], "KHOINS_SOCKET_MODE"),
            (["KHOINS_SOCKET_MODE": "rw"], "KHOINS_SOCKET_MODE"),
            (["KHOINS_SOCKET_MODE": "-660"], "KHOINS_SOCKET_MODE"),
            (["KHOINS_SOCKET_MODE": "+660"], "KHOINS_SOCKET_MODE"),
            (["KHOINS_SOCKET_MODE": "-0"], "KHOINS_SOCKET_MODE"),
        ])
    func wrong(_ values: [String: String], _ words: String) throws {
        let sentence = try #require(problem(Self.enough.merging(values) { $1 }))
        #expect(sentence.contains(words))
        #expect(!sentence.contains("\n") && !sentence.hasSuffix("."))
        #expect(!sentence.contains("s3cret"))
    }

    @Test(
        "never take the words of a remark, or of whatever else is no token, for tokens",
        arguments: [
            "s3cret # token khoins", "s3cret #note", "#s3cret", "# s3cret", "s3cret token", "s3cret;lama",
            "s3cret\told",
            "old\ns3cret", "s3cret,# note", "s3cret, old # two", "\"s3cret\" # note", "\"s3cret", "s3cr\u{e9}t",
            "s3%63ret",
            "s3cret/", "s3cret+1", "s3cret=", "s3cret,\u{a0}old", "s3cret\u{2028}old", "metrics", "panel",
            "s3cret,panel",
            "Metrics",
        ])
    func noToken(_ text: String) throws {
        for more in [[:], ["KHOINS_ALLOW": "10.0.0.0/8"], ["KHOINS_ACCESS": "open"]] {
            let sentence = try #require(problem(["KHOINS_DATA": "/data", "KHOINS_TOKEN": text].merging(more) { $1 }))
            #expect(sentence.hasPrefix("KHOINS_TOKEN (--token-file)"))
            #expect(!sentence.contains("s3cret") && !sentence.contains("\n"))
        }
    }

    @Test(
        "refuse an empty list where one was given, whatever else would let somebody in",
        arguments: ["KHOINS_TOKEN", "KHOINS_ALLOW", "KHOINS_MONITOR_TOKEN"], ["", " ", ",", " , ,", "\n", "\"\""])
    func emptyList(_ name: String, _ text: String) throws {
        for more in [[:], ["KHOINS_ACCESS": "open"], Self.enough, ["KHOINS_ALLOW": "10.0.0.0/8"]] {
            let values = ["KHOINS_DATA": "/data"].merging(more) { $1 }.merging([name: text]) { $1 }
            let sentence = try #require(problem(values))
            #expect(sentence.hasPrefix("\(name) ") && sentence.contains("is set, but holds no"))
        }
    }

    @Test(
        "refuse a value with a remark behind it, half a quote, or the end of a line in it",
        arguments: [
            ("KHOINS_DATA", "/data # note"), ("KHOINS_DATA", "/data\t#note"), ("KHOINS_DATA", "# /data"),
            ("KHOINS_DATA", "/data #"), ("KHOINS_DATA", "\"/data"), ("KHOINS_DATA", "'/data\""),
            ("KHOINS_DATA", "/data\""), ("KHOINS_LOG", "/k.log'"), ("KHOINS_LISTEN", "unix:\"/run/x.sock"),
            ("KHOINS_DATA", "\"/data\" # note"), ("KHOINS_DATA", "/data\n/other"), ("KHOINS_DATA", "/data\r"),
            ("KHOINS_LISTEN", "unix:/run/x.sock # note"), ("KHOINS_ALLOW", "10.0.0.0/8 # kantor"),
            ("KHOINS_ALLOW", "10.0.0.1 # 10.0.0.2"), ("KHOINS_ALLOW", "10.0.0.1;10.0.0.2"),
            ("KHOINS_ACCESS", "open # yes"),
            ("KHOINS_MAX_BODY", "1000 # bytes"), ("KHOINS_THREADS", "8 # many"), ("KHOINS_SOCKET_MODE", "0660 # rw"),
        ])
    func remark(_ name: String, _ value: String) throws {
        let sentence = try #require(problem(Self.enough.merging([name: value]) { $1 }))
        #expect(sentence.hasPrefix(name))
        #expect(!sentence.contains("\n"))
    }

    @Test("keep a pair of quotes within a value", arguments: ["sh -c \"x y\"", "sh -c 'x y'", "echo it's"])
    func quotes(_ command: String) throws {
        #expect(try settings(["KHOINS_EXEC": command]).tell?.way == .exec(command))
    }

    @Test("keep a # that is a part of a name", arguments: ["/data#1", "/srv/#data", "/a b#c"])
    func hash(_ path: String) throws {
        #expect(try settings(["KHOINS_DATA": path]).dataDirectory == path)
    }

    @Test("name what looks like a setting in the environment and does nothing")
    func ignored() throws {
        let given = [
            "KHOINS_TOKN": "x", "KHOINS_ALOW": "/var/log/x", "PATH": "/bin", "KHOINS_SETTINGS": "/etc/x",
            "KHOINS_TRXID": "1", "KHOINS_TEST_BINARY": "x",
        ]
        let ignored = try settings(given).ignored
        #expect(ignored.map(\.name) == ["KHOINS_ALOW", "KHOINS_TOKN"])
    }

    @Test("override one another by name; nothing set to nothing overrides, unless it says who gets in")
    func precedence() {
        var values = SettingValues.test(["KHOINS_DATA": "file", "KHOINS_TOKEN": "file", "OTHER": "file"])
        values.override(with: .test(["KHOINS_DATA": "environment", "KHOINS_THREADS": ""]))
        #expect(values[.data] == "environment")
        #expect(values[.token] == "file")
        values[.data] = "flag"
        values[.token] = nil
        values[.allow] = ""
        #expect(values[.data] == "flag")
        #expect(values[.allow] == nil)
        #expect(throws: Settings.Problem.self) { try values.settings() }
    }
}
