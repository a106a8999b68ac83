import Formats
import TestSupport
import Testing

struct TimestampTests {
    @Test(
        "Known moments have their names",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000Z"), (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (1_795_335_513, "2026-11-22T08:18:33.000Z"), (253_402_300_799, "9999-12-31T23:59:59.000Z"),
            (253_402_300_800, "10000-01-01T00:00:00.000Z"), (-62_167_219_201, "-0001-12-31T23:59:59.000Z"),
        ] as [(Int64, String)])
    func names(_ seconds: Int64, _ name: String) {
        let moment = Timestamp(microseconds: seconds == -1 ? -1 : seconds * 1_000_000)
        #expect(moment.iso8601() == name)
    }

    @Test("Every day of 800 years follows the one before it, there and back")
    func calendar() {
        var expected = CivilTime(year: 1700, month: 1, day: 1)
        let start = Timestamp(expected).seconds
        for day in 0..<(800 * 365) {
            let moment = Timestamp(microseconds: (start + Int64(day) * 86_400) * 1_000_000)
            guard moment.civil() == expected, Timestamp(expected) == moment, expected.isValid else {
                Issue.record("\(moment.civil()) instead of \(expected)")
                return
            }
            expected.day += 1
            if !expected.isValid { (expected.day, expected.month) = (1, expected.month + 1) }
            if !expected.isValid { (expected.month, expected.year) = (1, expected.year + 1) }
        }
    }

    @Test("What is written reads as the same moment", arguments: 1...200)
    func roundTrip(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let moment = Timestamp(
            microseconds: Int64.random(in: -62_000_000_000_000_000...250_000_000_000_000_000, using: &generator))
        #expect(Timestamp(iso8601: moment.iso8601(.microseconds)) == moment)
        let milliseconds = Timestamp(iso8601: moment.iso8601())
        #expect((0..<1000).contains(moment.microseconds - (milliseconds?.microseconds ?? 0)))
    }

    @Test(
        "A server's log times are read",
        arguments: [
            ("2026-11-22T08:18:33Z", "2026-11-22T08:18:33.000000Z"),
            ("2026-11-22T08:18:33+00:00", "2026-11-22T08:18:33.000000Z"),
            ("2026-11-22T08:18:33+07:00", "2026-11-22T01:18:33.000000Z"),
            ("2026-11-22T08:18:33-09:30", "2026-11-22T17:48:33.000000Z"),
            ("2026-11-22T08:18:33.5+07:00", "2026-11-22T01:18:33.500000Z"),
            ("2026-11-22T08:18:33.123456789Z", "2026-11-22T08:18:33.123456Z"),
        ])
    func readsLogTimes(_ text: String, _ moment: String) {
        #expect(Timestamp(iso8601: text)?.iso8601(.microseconds) == moment)
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "2026-11-22", "2026-11-22T08:18:33", "2026-11-22 08:18:33Z", "2026-13-22T08:18:33Z",
            "2026-02-29T08:18:33Z",
            "2100-02-29T08:18:33Z", "2026-11-00T08:18:33Z", "2026-11-22T24:00:00Z", "2026-11-22T08:60:33Z",
            "2026-11-22T08:18:60Z", "2026-11-22T08:18:33z", "2026-11-22T08:18:33.Z", "2026-11-22T08:18:33.5",
            "2026-11-22T08:18:33+0700", "2026-11-22T08:18:33+24:00", "2026-11-22T08:18:33+07:60",
            "2026-11-22T08:18:33+07:00x",
            "2026-11-22T08:18:33ZZ", "+026-11-22T08:18:33Z", "2026-11-22T08:18:33é",
        ])
    func refuses(_ text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test("Moments are ordered, shown in zones, and counted in seconds rounded down")
    func parts() {
        let moment = Timestamp(CivilTime(year: 2026, month: 12, day: 31, hour: 23, minute: 30), offset: 7 * 3600)
        #expect(moment.civil().iso8601 == "2026-12-31T16:30:00")
        #expect(moment.civil(offset: 9 * 3600).iso8601 == "2027-01-01T01:30:00")
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: -1) < Timestamp(microseconds: 0))
        #expect((padded(7, 2), padded(123, 2)) == ("07", "123"))
        #expect((padded(0, 1), padded(10, 1), padded(-5, 2)) == ("0", "10", "-05"))
        #expect((padded(.max, 1), padded(.min, 1)) == ("9223372036854775807", "-9223372036854775808"))
        #expect(padded(42, 24) == "000000000000000000000042")
        #expect((decimal("0012".utf8), decimal("".utf8), decimal("1x".utf8)) == (12, nil, nil))
        #expect(decimal(String(repeating: "9", count: 19).utf8) == nil)
    }
}
