/// A date and time of day without a zone, in the proleptic Gregorian calendar.
package struct CivilTime: Equatable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int

    package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Whether the date is in the calendar and the time of day on the clock.
    package var isValid: Bool {
        guard (1...12).contains(month), day >= 1, (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second)
        else { return false }
        return day <= daysInMonth
    }

    private var daysInMonth: Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Seconds since 1970-01-01T00:00:00, if this were UTC. The year is taken to start in March, so that the leap day
    /// is its last.
    package var seconds: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.floorDivided(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * Int64((month + 9) % 12) + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = era * 146_097 + dayOfEra - 719_468
        return days * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    package init(seconds: Int64) {
        let days = seconds.floorDivided(by: 86_400)
        let secondOfDay = Int(seconds - days * 86_400)
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        self.init(
            year: Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month: month,
            day: Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1), hour: secondOfDay / 3600,
            minute: secondOfDay / 60 % 60, second: secondOfDay % 60)
    }

    /// Reads `2026-11-22T08:18:33`, a valid date and time only.
    package init?(iso8601 bytes: ArraySlice<UInt8>) {
        func number(_ offset: Int, _ digits: Int) -> Int? { decimal(bytes.dropFirst(offset).prefix(digits)) }
        func hasMark(_ mark: Unicode.Scalar, _ offset: Int) -> Bool {
            bytes[bytes.startIndex + offset] == UInt8(ascii: mark)
        }
        guard bytes.count == 19, hasMark("-", 4), hasMark("-", 7), hasMark("T", 10), hasMark(":", 13), hasMark(":", 16),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2),
            let hour = number(11, 2), let minute = number(14, 2), let second = number(17, 2)
        else { return nil }
        self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard isValid else { return nil }
    }

    /// `2026-11-22T08:18:33`
    package var iso8601: String {
        var text = ByteBuffer(capacity: 32)
        text.append(self)
        return text.text
    }
}

extension ByteBuffer {
    /// Appends `2026-11-22T08:18:33`.
    package mutating func append(_ civil: CivilTime) {
        guard 0...9999 ~= civil.year else {
            appendDigits(civil.year, 4)
            append(upTo: 15) { civil.write(behindYear: $0) }
            return
        }
        append(upTo: 19) { target in
            target.writeDigits(civil.year / 100, at: 0)
            target.writeDigits(civil.year % 100, at: 2)
            return 4 + civil.write(behindYear: target + 4)
        }
    }
}

extension CivilTime {
    /// - Returns: How many bytes it has written: 15.
    @inline(__always)
    fileprivate func write(behindYear target: UnsafeMutablePointer<UInt8>) -> Int {
        func write(_ mark: Unicode.Scalar, _ number: Int, at index: Int) {
            target[index] = UInt8(ascii: mark)
            target.writeDigits(number, at: index + 1)
        }
        write("-", month, at: 0)
        write("-", day, at: 3)
        write("T", hour, at: 6)
        write(":", minute, at: 9)
        write(":", second, at: 12)
        return 15
    }
}

extension UnsafeMutablePointer<UInt8> {
    /// Writes a number below 100 as two digits.
    @inline(__always)
    fileprivate func writeDigits(_ number: Int, at index: Int) {
        let number = UInt8(truncatingIfNeeded: number)
        self[index] = UInt8(ascii: "0") + number / 10
        self[index + 1] = UInt8(ascii: "0") + number % 10
    }
}
