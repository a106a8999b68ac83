import KHOINS

/// A secret that a callback's URL carries. Has no description, so that it cannot slip into a log.
package struct Token: Sendable {
    private let bytes: [UInt8]

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Compares in a time that depends on the length of `candidate` alone, never on where or whether they differ.
    package func matches(_ candidate: some Collection<UInt8>) -> Bool {
        if bytes.isEmpty { return false }
        var difference = bytes.count ^ candidate.count
        var index = 0
        for byte in candidate {
            difference |= Int(bytes[index] ^ byte)
            index = index + 1 < bytes.count ? index + 1 : 0
        }
        return difference == 0
    }

    /// Bytes from which on a token cannot stand in a text by chance.
    private static let tellingLength = 8

    /// Whether a text gives this away: it is the token, or holds it.
    fileprivate func isTold(by text: [UInt8]) -> Bool {
        if text.elementsEqual(bytes) { return !bytes.isEmpty }
        guard bytes.count >= Self.tellingLength else { return false }
        return text.firstRange(of: bytes) != nil
    }
}

/// Who may talk to the program.
package struct AccessPolicy: Sendable {
    private let tokens: [Token]
    private let ranges: [AddressRange]
    private let monitors: [Token]

    /// - Parameters:
    ///   - tokens: Any of them opens; none given, none is asked for.
    ///   - ranges: The client's address must be in one; none given, any may come.
    ///   - monitors: Open health and figures, from any address, and nothing else.
    package init(tokens: [Token], ranges: [AddressRange], monitors: [Token] = []) {
        self.tokens = tokens
        self.ranges = ranges
        self.monitors = monitors
    }

    /// Whether a request comes from who watches the installation.
    func isMonitor(_ request: Request) -> Bool { Self.matches(monitors, request) }

    /// Whether a request may see the figures: who watches may, and who may post with a token. That anybody may post
    /// opens them to nobody.
    func mayAskFigures(_ request: Request) -> Bool {
        isMonitor(request) || !tokens.isEmpty && refusal(of: request) == nil
    }

    /// Every token is compared with every candidate, so that the time does not tell which one was close.
    private static func matches(_ tokens: [Token], _ request: Request) -> Bool {
        var matches = false
        for candidate in request.tokenCandidates {
            for token in tokens where token.matches(candidate) { matches = true }
        }
        return matches
    }

    package enum Refusal: String, Sendable {
        case token
        case address
    }

    /// Why a request is refused; `nil` if it is not.
    package func refusal(of request: Request) -> Refusal? {
        if !ranges.isEmpty {
            guard let address = Address(request.remoteAddress), ranges.contains(where: { $0.contains(address) }) else {
                return .address
            }
        }
        if tokens.isEmpty { return nil }
        return Self.matches(tokens, request) ? nil : .token
    }

    /// A query as it may be kept: without its `token` fields, and without the values that give a token away, however
    /// often they are percent-encoded.
    func withoutTokens(_ query: [UInt8]) -> String {
        let fields = query.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        let kept = fields.compactMap { field -> ArraySlice<UInt8>? in
            if QueryFields.name(of: field) == "token" { return nil }
            let name = field.prefix { $0 != UInt8(ascii: "=") }
            if isTold(by: Array(name)) { return nil }
            return isTold(by: Array(field.dropFirst(name.count + 1)))
                ? field[..<min(name.endIndex + 1, field.endIndex)] : field
        }
        return String(decoding: Array(kept.joined(separator: [UInt8(ascii: "&")])), as: UTF8.self)
    }

    /// Times that a server may have encoded what it was given once more.
    private static let maximumEncodings = 4

    /// Whether a text gives a token away, however often it is percent-encoded.
    package func isTold(by text: [UInt8]) -> Bool {
        var text = text
        let tokens = tokens + monitors
        for _ in 0..<Self.maximumEncodings {
            if tokens.contains(where: { $0.isTold(by: text) }) { return true }
            let decoded = QueryFields.percentDecoded(text[...])
            if decoded == text { return false }
            text = decoded
        }
        return tokens.contains { $0.isTold(by: text) }
    }
}
