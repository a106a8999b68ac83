import Formats

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
        func field(_ offset: Int) -> Int? { decimal(mark.dropFirst(offset).prefix(2)) }
        guard let day = field(2), let month = field(5), let hour = field(8), let minute = field(11),
            let second = field(14)
        else { return nil }
        (self.day, self.month, self.hour, self.minute, self.second) = (day, month, hour, minute, second)
    }

    /// RFC 3339, in the year that puts it nearest to `arrival`, but no later than on the day behind it: what is told
    /// has happened, and two clocks differ by less. `nil` if there is no such date or time of day in those years.
    func text(nearest arrival: Timestamp) -> String? {
        let local = arrival.civil(offset: Self.zone)
        let year = local.year
        let today = CivilTime(year: year, month: local.month, day: local.day)
        let dayAfterTomorrow = today.seconds + 2 * 86_400
        var nearest: (time: CivilTime, distance: Int64)?
        for year in (year - 1)...(year + 1) {
            let candidate = CivilTime(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second)
            guard candidate.isValid else { continue }
            let seconds = candidate.seconds
            let distance = abs(seconds - Self.zone - arrival.seconds)
            if seconds >= dayAfterTomorrow || distance >= nearest?.distance ?? .max { continue }
            nearest = (candidate, distance)
        }
        guard let nearest else { return nil }
        var text = ByteBuffer(capacity: 32)
        text.append(nearest.time)
        text.append("+07:00")
        return text.text
    }
}
