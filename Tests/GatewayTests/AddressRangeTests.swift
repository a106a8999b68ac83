import Testing

@testable import Gateway

@Suite("An address range")
struct AddressRangeTests {
    @Test(
        "holds what its prefix says",
        arguments: [
            ("182.23.3.230", "182.23.3.230", true),
            ("182.23.3.230", "182.23.3.231", false),
            ("182.23.3.230/32", "182.23.3.230", true),
            ("182.23.3.0/24", "182.23.3.255", true),
            ("182.23.3.0/24", "182.23.4.0", false),
            ("182.23.3.77/24", "182.23.3.1", true),
            ("10.0.0.0/9", "10.127.255.255", true),
            ("10.0.0.0/9", "10.128.0.0", false),
            ("10.0.0.0/31", "10.0.0.1", true),
            ("10.0.0.0/31", "10.0.0.2", false),
            ("0.0.0.0/0", "255.255.255.255", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "10.0.0.1", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/33", "2001:db8:7fff::", true),
            ("2001:db8::/33", "2001:db8:8000::", false),
            ("2001:DB8::1", "2001:0db8:0:0:0:0:0:1", true),
            ("::1", "127.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "10.1.2.3", true),
            ("::ffff:10.0.0.0/104", "11.1.2.3", false),
            ("::ffff:0:0/96", "192.0.2.1", true),
            ("::ffff:10.0.0.1", "::ffff:a00:1", true),
        ])
    func contains(_ range: String, _ address: String, _ isInside: Bool) throws {
        let range = try #require(AddressRange(range))
        let address = try #require(Address(address))
        #expect(range.contains(address) == isInside)
    }

    @Test(
        "is not read from anything else",
        arguments: [
            "", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/x",
            "10.0.0.0/ 8", "10.0.0/8", "10.0.0.256", "10.0.0.1.2", "010.0.0.1", "0x0a.0.0.1", "localhost", "::1/129",
            "2001:db8::/1000000000000000000000", "::ffff:10.0.0.0/95", "fe80::1%eth0", "[::1]", "10.0.0.1:80", "::g",
            "10.0.0.0/255.0.0.0", "*", "10.0.0.0/8 ",
        ])
    func refused(_ text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test("an address is none where the web server gave none, or a name", arguments: ["", "unix:", "localhost", "1"])
    func noAddress(_ text: String) {
        #expect(Address(text) == nil)
    }
}
