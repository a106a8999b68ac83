/// The time in a report's text, `#@dd/MM HH:mm:ss`: Western Indonesian Time (WIB), without the year.
struct ProviderTime: Equatable {
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int

    private static let zone: Int64 = 7 * 3600
    private static let pattern = Array("#@dd/dd dd:dd:dd".utf8)

    /// The offset at which the mark begins that ends at `end`, whether or not its time exists.
    static func mark(in bytes: [UInt8], endingAt end: Int) -> Int? {
        let start = end - pattern.count
        guard start >= 0 else { return nil }
        for (byte, expected) in zip(bytes[start..<end], pattern) {
            guard expected == UInt8(ascii: "d") ? byte.isDigit : byte == expected else { return nil }
        }
        return start
    }

    /// - Parameter mark: What `mark(in:endingAt:)` found.
    init?(mark: ArraySlice<UInt8>) {
        let fields = stride(from: 2, to: Self.pattern.count, by: 3).compactMap {
            decimal(mark[(mark.startIndex + $0)..<(mark.startIndex + $0 + 2)])
        }
        guard fields.count == 5 else { return nil }
        (day, month, hour, minute, second) = (fields[0], fields[1], fields[2], fields[3], fields[4])
    }

    /// RFC 3339, in the year that puts it nearest to `arrival`; `nil` if there is no such date or time of day in the
    /// years around it.
    func text(nearest arrival: Timestamp) -> String? {
        let year = arrival.civil(offset: Self.zone).year
        let candidates = [year - 1, year, year + 1].map {
            CivilTime(year: $0, month: month, day: day, hour: hour, minute: minute, second: second)
        }
        let nearest = candidates.filter(\.isValid).min {
            distance($0, to: arrival) < distance($1, to: arrival)
        }
        return nearest.map { "\($0.iso8601)+07:00" }
    }

    private func distance(_ civil: CivilTime, to arrival: Timestamp) -> Int64 {
        abs(civil.seconds - Self.zone - arrival.seconds)
    }
}
