import Formats

/// The secrets that open the page. Has no description, so that none can slip into a log.
package struct PageKeys: Sendable {
    /// Characters that a key must have: 24 random ones need no lock-out.
    package static let minimumLength = 24

    private let keys: [[UInt8]]

    /// - Parameter keys: One or more, each long enough.
    package init(_ keys: [String]) {
        self.keys = keys.map { Array($0.utf8) }
    }

    /// The key that a form gave; `nil` where it is none. Digests are compared, and all of each, so that the time tells
    /// nothing about a key.
    func opened(by candidate: [UInt8]) -> [UInt8]? {
        let digest = SHA256.digest(candidate)
        var found: [UInt8]?
        for key in keys where Self.areEqual(SHA256.digest(key), digest) { found = key }
        return found
    }

    /// What a browser keeps for a key: until when it is signed in, and a seal on that (RFC 2104).
    package func cookie(for key: [UInt8], until expiry: Int64) -> String {
        let text = String(expiry)
        return "\(text).\(Self.hexadecimal(Self.seal(text, by: key)))"
    }

    /// Whether a cookie was made with one of these keys and has not run out. A key that is no longer set signs out
    /// everybody whom it let in.
    func isSignedIn(_ cookie: String, now: Int64) -> Bool {
        guard let dot = cookie.firstIndex(of: "."), let expiry = decimal(cookie[..<dot].utf8) else { return false }
        let seal = Array(cookie[cookie.index(after: dot)...].utf8)
        var isSealed = false
        for key in keys {
            let own = Array(Self.hexadecimal(Self.seal(String(cookie[..<dot]), by: key)).utf8)
            if Self.areEqual(own, seal) { isSealed = true }
        }
        return isSealed && Int64(expiry) > now
    }

    private static func seal(_ text: String, by key: [UInt8]) -> [UInt8] {
        HMAC.sha256(Array(text.utf8), key: HMAC.sha256(Array("khoins-callback page cookie".utf8), key: key))
    }

    private static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        var difference = left.count ^ right.count
        for index in 0..<min(left.count, right.count) { difference |= Int(left[index] ^ right[index]) }
        return difference == 0
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        String(
            decoding: bytes.flatMap { [HexDigits.lower[Int($0 >> 4)], HexDigits.lower[Int($0 & 15)]] }, as: UTF8.self)
    }
}

/// A keyed digest (RFC 2104).
enum HMAC {
    private static let blockLength = 64

    static func sha256(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var block = key.count > blockLength ? SHA256.digest(key) : key
        block += repeatElement(0, count: blockLength - block.count)
        return SHA256.digest(block.map { $0 ^ 0x5C } + SHA256.digest(block.map { $0 ^ 0x36 } + message))
    }
}
