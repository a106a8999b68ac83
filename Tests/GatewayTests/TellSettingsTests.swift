import Testing

@testable import Gateway

@Suite("Settings for telling the shop")
struct TellSettingsTests {
    private func tell(_ values: [String: String]) throws(Settings.Problem) -> TellSettings? {
        try SettingValues.test(values).tell()
    }

    private func sentence(_ values: [String: String]) -> String? {
        do throws(Settings.Problem) {
            _ = try tell(values)
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test("are none unless a way is set")
    func none() throws {
        #expect(try tell([:]) == nil)
        #expect(try tell(["KHOINS_FOLLOW": "off"]) == nil)
        #expect(try tell(["KHOINS_EXEC": "", "KHOINS_FORWARD": ""]) == nil)
    }

    @Test("name one way, which handlers see to unless told otherwise")
    func ways() throws {
        #expect(try tell(["KHOINS_EXEC": "php /srv/a.php"]) == TellSettings(way: .exec("php /srv/a.php")))
        let url = try #require(
            try tell(["KHOINS_FORWARD": "https://shop.example/khoins?key=a1", "KHOINS_FOLLOW": "off"]))
        #expect(!url.isAutomatic)
        guard case .forward(let forward) = url.way else { return #expect(Bool(false)) }
        #expect(forward.text == "https://shop.example/khoins?key=a1")
    }

    @Test(
        "take any URL that can be asked",
        arguments: [
            "http://localhost/", "HTTPS://shop.example", "http://127.0.0.1:8080/a?b=c#d", "http://[::1]:81/x",
            "http://[fe80::1]/", "https://user:p%40ss@shop.example:443/x", "http://shop.example?x",
        ])
    func urls(_ text: String) throws {
        #expect(sentence(["KHOINS_FORWARD": text]) == nil)
    }

    @Test(
        "refuse what is no URL, and do not quote it",
        arguments: [
            "shop.example/s3cret", "ftp://shop.example/s3cret", "http:/shop.example/s3cret", "http:///s3cret",
            "http://:80/s3cret", "http://?s3cret", "https://user@/s3cret", "http://shop.example:0/s3cret",
            "http://shop.example:65536/s3cret", "http://shop.example:x/s3cret", "http://shop.example/s3 cret",
            "http://shop.example/s3cret\u{1}", "http://shop.example/s3cret\"", "http://shop.example/s3cret\\",
            "http://toko é/s3cret", "http://shop.example/s3cret # since 2026", "file:///etc/s3cret", "http://[]/s3cret",
            "https://-x/s3cret", "/s3cret",
        ])
    func noURLs(_ text: String) throws {
        let said = try #require(sentence(["KHOINS_FORWARD": text]))
        #expect(said.hasPrefix("KHOINS_FORWARD "))
        #expect(!said.contains("s3cret"))
    }

    @Test("refuse two ways at once, and words for KHOINS_FOLLOW that mean nothing")
    func contradictions() {
        let both = sentence(["KHOINS_EXEC": "true", "KHOINS_FORWARD": "http://shop.example/s3cret"])
        #expect(both?.hasPrefix("KHOINS_FORWARD and KHOINS_EXEC are both set") == true)
        #expect(both?.contains("s3cret") == false)
        #expect(sentence(["KHOINS_FOLLOW": "always"])?.hasPrefix("KHOINS_FOLLOW can only be") == true)
        #expect(sentence(["KHOINS_FOLLOW": "auto"]) == nil)
    }

    @Test("stop a service that is set up wrong at its start")
    func start() {
        let values = SettingValues.test(["KHOINS_DATA": "/data", "KHOINS_TOKEN": "s3cret", "KHOINS_FORWARD": "shop"])
        #expect(throws: Settings.Problem.self) { try values.settings() }
    }

    @Test("keep the URL out of what is printed of them")
    func secret() throws {
        let tell = try tell(["KHOINS_FORWARD": "http://shop.example/s3cret"])
        #expect(!String(reflecting: tell).contains("s3cret"))
    }
}
