import Testing

@testable import Gateway

@Suite("Access")
struct AccessPolicyTests {
    private static let token = Token("s3cret")
    private static let range = AddressRange("182.23.3.0/24")

    @Test(
        "a token is matched by itself alone",
        arguments: [
            ("s3cret", true), ("", false), ("s", false), ("s3cre", false), ("s3cret ", false), ("s3crets3cret", false),
            ("S3CRET", false), ("s3creu", false), ("r3cret", false), ("s3cret\0", false), ("s3cres", false),
        ])
    func token(_ candidate: String, _ matches: Bool) {
        #expect(Self.token.matches(Array(candidate.utf8)) == matches)
    }

    @Test("an empty token is matched by nothing")
    func emptyToken() {
        #expect(!Token("").matches([]))
        #expect(!Token("").matches([0]))
    }

    @Test("a token does not show in a text")
    func tokenDescription() {
        #expect(!"\(Token("s3cret"))".contains("s3cret"))
        #expect(!String(describing: AccessPolicy(tokens: [Token("s3cret")], ranges: [])).contains("s3cret"))
        #expect(
            !String(reflecting: Settings(dataDirectory: "", access: .init(tokens: [Token("s3cret")], ranges: [])))
                .contains("s3cret"))
    }

    struct Case: Sendable {
        var tokens: [String] = []
        var ranges: [String] = []
        var path = "/khoins/s3cret"
        var address = "182.23.3.230"
        var refusal: AccessPolicy.Refusal?
    }

    static let cases = [
        Case(),
        Case(path: "", address: ""),
        Case(tokens: ["s3cret"]),
        Case(tokens: ["s3cret"], path: "/khoins/", refusal: .token),
        Case(tokens: ["s3cret"], path: "/", refusal: .token),
        Case(tokens: ["s3cret"], path: "/s3cret/khoins", refusal: .token),
        Case(tokens: ["old", "s3cret"]),
        Case(tokens: ["s3cret", "new"]),
        Case(tokens: ["old", "new"], refusal: .token),
        Case(ranges: ["182.23.3.0/24"]),
        Case(ranges: ["10.0.0.0/8", "182.23.3.230"]),
        Case(ranges: ["10.0.0.0/8"], refusal: .address),
        Case(ranges: ["182.23.3.0/24"], address: "", refusal: .address),
        Case(ranges: ["182.23.3.0/24"], address: "unix:", refusal: .address),
        Case(ranges: ["0.0.0.0/0", "::/0"], address: "2001:db8::1"),
        Case(tokens: ["s3cret"], ranges: ["182.23.3.0/24"]),
        Case(tokens: ["other"], ranges: ["182.23.3.0/24"], refusal: .token),
        Case(tokens: ["s3cret"], ranges: ["10.0.0.0/8"], refusal: .address),
        Case(tokens: ["other"], ranges: ["10.0.0.0/8"], refusal: .address),
    ]

    @Test("is had with the right token from the right address", arguments: cases)
    func refusal(_ given: Case) {
        let policy = AccessPolicy(
            tokens: given.tokens.map { Token($0) }, ranges: given.ranges.compactMap { AddressRange($0) })
        let refusal = policy.refusal(of: request(["REQUEST_URI": given.path, "REMOTE_ADDR": given.address]))
        #expect(refusal == given.refusal)
    }
}
