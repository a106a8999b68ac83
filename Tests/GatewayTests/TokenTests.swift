import Testing

@testable import Gateway

/// Counts how many of its bytes are looked at.
private struct WatchedBytes: Collection {
    final class Reads {
        var count = 0
    }

    let bytes: [UInt8]
    let reads = Reads()

    let startIndex = 0
    var endIndex: Int { bytes.count }
    func index(after index: Int) -> Int { index + 1 }

    subscript(position: Int) -> UInt8 {
        reads.count += 1
        return bytes[position]
    }
}

@Suite("A token")
struct TokenTests {
    @Test(
        "opens for itself alone",
        arguments: [
            ("secret", true), ("secreT", false), ("Secret", false), ("secre", false), ("secrets", false), ("", false),
            ("secretsecret", false), ("secret\0", false), (" secret", false), ("s", false),
        ])
    func equality(_ candidate: String, _ expected: Bool) {
        #expect(Token("secret").matches(Array(candidate.utf8)) == expected)
    }

    @Test("that is empty opens for nothing, least of all for nothing")
    func empty() {
        #expect(!Token("").matches([]))
        #expect(!Token("").matches([0]))
    }

    @Test(
        "is compared to the last byte, wherever the first difference is and whatever the lengths",
        arguments: ["secret", "Xecret", "secreX", "XXXXXX", "secretlonger", "x", "sec", ""])
    func constantWork(_ candidate: String) {
        let watched = WatchedBytes(bytes: Array(candidate.utf8))
        _ = Token("secret").matches(watched)
        #expect(watched.reads.count == candidate.utf8.count)
    }

    private static let places: [(String, [String: String])] = [
        ("the path", ["REQUEST_URI": "/laporan/khoins/T"]), ("the path info", ["PATH_INFO": "/T"]),
        ("the query", ["REQUEST_URI": "/laporan/khoins?token=T", "QUERY_STRING": "token=T"]),
        ("a later parameter", ["QUERY_STRING": "a=b&token=T&c"]), ("the header", ["HTTP_X_CALLBACK_TOKEN": "T"]),
    ]

    @Test("and any other of several open in every place, during a change-over", arguments: places.indices)
    func everyPlace(_ index: Int) throws {
        var values = SettingValues()
        values[.data] = "/data"
        values[.token] = "old-one,new.one"
        let access = try values.settings().access
        for (token, expected) in [("old-one", true), ("new%2Eone", true), ("old-one,new%2Eone", false), ("old", false)]
        {
            let request = Request { name in
                let value = Self.places[index].1[name]?.replacing("T", with: token)
                return name == "HTTP_X_CALLBACK_TOKEN" ? value?.replacing("%2E", with: ".") : value
            }
            #expect((access.refusal(of: request) == nil) == expected, "\(token) in \(Self.places[index].0)")
        }
    }

    @Test(
        "does not help from a wrong address, nor an address claimed in a header",
        arguments: [
            ("192.0.2.9", true), ("::ffff:192.0.2.9", true), ("::FFFF:c000:0209", true), ("192.0.3.1", false),
            ("::192.0.2.9", false), ("2001:db8::1", true), ("2001:db9::1", false), ("", false), ("unix:", false),
            ("192.0.2.9, 10.0.0.1", false), ("192.0.2.009", false),
        ])
    func addresses(_ address: String, _ expected: Bool) throws {
        var values = SettingValues()
        values[.data] = "/data"
        values[.token] = "secret"
        values[.allow] = "192.0.2.0/24 2001:db8::/32"
        let access = try values.settings().access
        let request = Request { name in
            [
                "REQUEST_URI": "/laporan/khoins/secret", "REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": "192.0.2.1",
                "HTTP_FORWARDED": "for=192.0.2.1", "HTTP_X_REAL_IP": "192.0.2.1",
            ][name]
        }
        #expect((access.refusal(of: request) == nil) == expected)
    }
}
