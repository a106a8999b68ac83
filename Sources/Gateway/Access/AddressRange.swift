import Glibc

/// An address of the Internet, IPv4 or IPv6, as its bytes. An IPv4 address that is mapped into IPv6
/// (`::ffff:192.0.2.1`, RFC 4291, section 2.5.5.2) is the IPv4 address.
package struct Address: Equatable, Sendable {
    fileprivate let bytes: [UInt8]

    /// `nil` for a text that is no address.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 {
            bytes = withUnsafeBytes(of: v4) { Array($0) }
            return
        }
        var v6 = in6_addr()
        guard inet_pton(AF_INET6, text, &v6) == 1 else { return nil }
        let all = withUnsafeBytes(of: v6) { Array($0) }
        bytes = all.starts(with: Self.mappedPrefix) ? Array(all.suffix(4)) : all
    }

    fileprivate static let mappedPrefix: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF]
}

/// A range of addresses in CIDR notation (RFC 4632); a lone address is a range of one.
package struct AddressRange: Equatable, Sendable {
    private let address: Address
    private let prefixLength: Int

    /// `nil` for a text that is no range, such as one with a prefix longer than its address.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = Address(parts[0]) else { return nil }
        let isMapped = parts[0].contains(":") && address.bytes.count == 4
        let width = isMapped ? 128 : address.bytes.count * 8
        var length = width
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let given = Int(parts[1]), given <= width
            else { return nil }
            length = given
        }
        if isMapped {
            guard length >= 96 else { return nil }
            length -= 96
        }
        self.address = address
        prefixLength = length
    }

    package func contains(_ other: Address) -> Bool {
        guard address.bytes.count == other.bytes.count else { return false }
        return zip(address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
            let bits = min(max(prefixLength - index * 8, 0), 8)
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
            return pair.0 & mask == pair.1 & mask
        }
    }
}
