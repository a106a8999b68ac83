import Glibc

extension Directory {
    /// How a file compares with bytes.
    package enum Comparison {
        case missing
        case same
        /// Other bytes, or no file but something else.
        case different
    }

    /// Compares a file in this directory with bytes.
    ///
    /// - Parameters:
    ///   - expected: Asked for only if there is a file.
    ///   - buffer: Room for the file's bytes; made larger as needed.
    package func compare(
        _ name: String, with expected: @autoclosure () -> [UInt8], through buffer: inout [UInt8]
    ) throws(LedgerError) -> Comparison {
        do throws(LedgerError) {
            guard let file = try openIfPresent(name) else { return .missing }
            let expected = expected()
            // Room for one more: a longer file is another one.
            if buffer.count <= expected.count { buffer = [UInt8](repeating: 0, count: expected.count * 2 + 1) }
            let count = try file.read(expected.count + 1, into: &buffer)
            return count == expected.count && buffer.begins(with: expected) ? .same : .different
        } catch {
            guard isOfFile(error) else { throw error }
            return .different
        }
    }
}

extension [UInt8] {
    /// Whether these bytes, which are at least as many, begin with others. Costs no more than memcmp(3).
    fileprivate func begins(with other: [UInt8]) -> Bool {
        withUnsafeBytes { own in
            other.withUnsafeBytes { other in
                guard let left = own.baseAddress, let right = other.baseAddress else { return other.isEmpty }
                return memcmp(left, right, other.count) == 0
            }
        }
    }
}
