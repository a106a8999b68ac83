/// A secret that a callback's URL carries. Has no description, so that it cannot slip into a log.
package struct Token: Sendable {
    private let bytes: [UInt8]

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Compares in a time that depends on the length of `candidate` alone, never on where or whether they differ.
    package func matches(_ candidate: some Collection<UInt8>) -> Bool {
        var difference = bytes.count ^ candidate.count
        var index = 0
        for byte in candidate {
            let own = bytes.isEmpty ? 0 : bytes[index % bytes.count]
            difference |= Int(own ^ byte)
            index += 1
        }
        return difference == 0 && !bytes.isEmpty
    }
}

/// Who may talk to the program.
package struct AccessPolicy: Sendable {
    private let tokens: [Token]
    private let ranges: [AddressRange]

    /// - Parameters:
    ///   - tokens: Any of them opens; none given, none is asked for.
    ///   - ranges: The client's address must be in one; none given, any may come.
    package init(tokens: [Token], ranges: [AddressRange]) {
        self.tokens = tokens
        self.ranges = ranges
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
        // Every token is compared with every candidate, so that the time does not tell which one was close.
        var matches = false
        for candidate in request.tokenCandidates {
            for token in tokens where token.matches(candidate) { matches = true }
        }
        return matches ? nil : .token
    }
}
