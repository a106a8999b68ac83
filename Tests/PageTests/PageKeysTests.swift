import Testing

@testable import Page

struct PageKeysTests {
    private static let first = String(repeating: "a1", count: 12)
    private static let second = String(repeating: "b2", count: 12)

    @Test(
        "The keyed digest is that of RFC 4231",
        arguments: [
            (
                [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
        ])
    func seals(_ key: [UInt8], _ message: [UInt8], _ expected: String) {
        let digits = HMAC.sha256(message, key: key).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        #expect(digits.joined() == expected)
    }

    @Test("Any of the keys opens, and nothing else")
    func opens() {
        let keys = PageKeys([Self.first, Self.second])
        #expect(keys.opened(by: Array(Self.first.utf8)) == Array(Self.first.utf8))
        #expect(keys.opened(by: Array(Self.second.utf8)) == Array(Self.second.utf8))
        for wrong in ["", Self.first + "a", String(Self.first.dropLast()), Self.first.uppercased()] {
            #expect(keys.opened(by: Array(wrong.utf8)) == nil)
        }
    }

    @Test("A cookie lasts until its time, and as long as its key is set")
    func keepsSignedIn() {
        let keys = PageKeys([Self.first, Self.second])
        let cookie = keys.cookie(for: Array(Self.first.utf8), until: 1000)
        #expect(keys.isSignedIn(cookie, now: 999))
        #expect(!keys.isSignedIn(cookie, now: 1000))
        #expect(!PageKeys([Self.second]).isSignedIn(cookie, now: 0))
        #expect(PageKeys([Self.first]).isSignedIn(cookie, now: 0))
    }

    @Test(
        "A cookie that was changed signs nobody in",
        arguments: ["", ".", "2000.", "x.y", "1000", "99999999999999999999.00"])
    func refusesForged(_ forged: String) {
        #expect(!PageKeys([Self.first]).isSignedIn(forged, now: 0))
    }

    @Test("Neither a longer time nor a cut or changed seal holds")
    func refusesChanged() {
        let keys = PageKeys([Self.first])
        let cookie = keys.cookie(for: Array(Self.first.utf8), until: 1000)
        let seal = cookie.drop { $0 != "." }
        #expect(!keys.isSignedIn("9000\(seal)", now: 0))
        #expect(!keys.isSignedIn(String(cookie.dropLast()), now: 0))
        #expect(!keys.isSignedIn(cookie + "0", now: 0))
        #expect(!keys.isSignedIn(cookie.dropLast() + (cookie.last == "0" ? "1" : "0"), now: 0))
    }
}
