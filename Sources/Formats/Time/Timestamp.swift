/// A moment in UTC, in microseconds since 1970-01-01T00:00:00Z.
package struct Timestamp: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    package static func < (earlier: Timestamp, later: Timestamp) -> Bool {
        earlier.microseconds < later.microseconds
    }

    /// Seconds since 1970, rounded down.
    package var seconds: Int64 { microseconds.floorDivided(by: 1_000_000) }

    /// Milliseconds since 1970, rounded down; records have no more of a second.
    package var milliseconds: Int64 { microseconds.floorDivided(by: 1_000) }

    package init(milliseconds: Int64) {
        microseconds = milliseconds.multipliedReportingOverflow(by: 1_000).partialValue
    }

    /// A moment from a civil time that is `offset` seconds ahead of UTC. A day out of range carries over; the month
    /// must be in 1...12.
    package init(_ civil: CivilTime, offset: Int64 = 0, microsecond: Int64 = 0) {
        self.init(microseconds: (civil.seconds - offset) * 1_000_000 + microsecond)
    }

    /// The civil time at `offset` seconds ahead of UTC.
    package func civil(offset: Int64 = 0) -> CivilTime {
        CivilTime(seconds: seconds + offset)
    }

    /// How many digits of the second's fraction a text shows.
    package enum Fraction: Int64, Sendable {
        case milliseconds = 1_000
        case microseconds = 1
    }

    /// `2026-11-22T08:18:33.123Z`, or with six digits.
    package func iso8601(_ fraction: Fraction = .milliseconds) -> String {
        var text = ByteBuffer(capacity: 32)
        text.append(self, fraction)
        return text.text
    }

    /// Reads what `iso8601` writes and what nginx's `$time_iso8601` does: `2026-11-22T08:18:33[.digits](Z|+07:00)`.
    package init?(iso8601 text: String) { self.init(iso8601: Array(text.utf8)) }

    /// The same of a text's bytes.
    package init?(iso8601 bytes: [UInt8]) {
        guard bytes.count >= 20, let civil = CivilTime(iso8601: bytes[0..<19]) else { return nil }
        var index = 19
        var microsecond: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            let firstDigit = index
            var scale: Int64 = 100_000
            while index < bytes.count, case let digit = bytes[index] &- UInt8(ascii: "0"), digit < 10 {
                microsecond += Int64(digit) * scale
                scale /= 10
                index += 1
            }
            guard index > firstDigit else { return nil }
        }
        let zone = bytes[index...]
        if zone.elementsEqual([UInt8(ascii: "Z")]) {
            self.init(civil, microsecond: microsecond)
            return
        }
        guard zone.count == 6, let sign = zone.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            zone[zone.startIndex + 3] == UInt8(ascii: ":"),
            let hours = decimal(zone.dropFirst().prefix(2)), let minutes = decimal(zone.suffix(2)),
            hours < 24, minutes < 60
        else { return nil }
        let offset = Int64(hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
        self.init(civil, offset: offset, microsecond: microsecond)
    }
}

extension ByteBuffer {
    /// Appends `2026-11-22T08:18:33.123Z`, or with six digits.
    package mutating func append(_ time: Timestamp, _ fraction: Timestamp.Fraction) {
        append(time.civil())
        append(UInt8(ascii: "."))
        let rest = (time.microseconds - time.seconds * 1_000_000) / fraction.rawValue
        appendDigits(Int(rest), fraction == .milliseconds ? 3 : 6)
        append(UInt8(ascii: "Z"))
    }
}

extension Int64 {
    package func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
