import Formats
import Testing

@testable import Operations
@testable import khoins_callback

@Suite("In words,")
struct WordsTests {
    @Test(
        "amounts have dots between thousands",
        arguments: [
            (0, "0"), (999, "999"), (1000, "1.000"), (1_449_645_223, "1.449.645.223"), (-9_858_221, "-9.858.221"),
        ])
    func amounts(number: Int, text: String) {
        #expect(grouped(number) == text)
    }

    @Test("the least number there is does not end the program")
    func least() {
        #expect(grouped(.min) == "-9.223.372.036.854.775.808")
    }

    @Test(
        "a length of time has two units",
        arguments: [
            (250_000, "250 ms"), (13_000_000, "13 s"), (60_000_000, "1 min"), (7_810_000_000, "2 h 10 min"),
            (273_600_000_000, "3 d 4 h"), (-5, "0 ms"),
        ] as [(Int64, String)])
    func durations(microseconds: Int64, text: String) {
        #expect(duration(microseconds: microseconds) == text)
    }

    @Test("progress has a share, a rate and the time left, as far as they are known")
    func progress() {
        #expect(
            ProgressBar.line("Counting", .records, 500, of: 2000, elapsed: 1_000_000)
                == "Counting [######..................] 25%  500 records  500/s  3 s left")
        #expect(
            ProgressBar.line("Importing", .lines, 12_345, of: nil, elapsed: 2_000_000)
                == "Importing 12.345 lines  6.172/s")
    }
}

@Suite("A time that an operator gives")
struct TimeArgumentTests {
    private let now = Timestamp(CivilTime(year: 2026, month: 11, day: 22, hour: 8))

    @Test(
        "can be a length of time before now",
        arguments: [("90s", 90), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("1w", 604_800)])
    func ago(text: String, seconds: Int64) throws {
        #expect(try TimeArgument.moment(text, now: now).seconds == now.seconds - seconds)
    }

    @Test("can be exact, with its zone")
    func exact() throws {
        #expect(try TimeArgument.moment("2026-11-22T15:00:00+07:00", now: now) == now)
        #expect(try TimeArgument.moment("2026-11-22T08:00:00Z", now: now) == now)
    }

    @Test("can be a day or a time of day, by the clock on the wall")
    func local() throws {
        let midnight = try TimeArgument.moment("2026-11-22", now: now)
        #expect(LocalTime(midnight).dateAndTime == "2026-11-22 00:00:00")
        #expect(try LocalTime(TimeArgument.moment("2026-11-22 15:30", now: now)).dateAndTime == "2026-11-22 15:30:00")
        let today = try TimeArgument.moment("today", now: now)
        #expect(LocalTime(today).day == LocalTime(now).day)
        #expect(try TimeArgument.moment("yesterday", now: now) < today)
    }

    @Test(
        "is nothing else",
        arguments: ["", "x", "h", "-2h", "2", "2y", "2026-13-01", "2026-02-30", "2026-11", "99999999999999999999d"])
    func nonsense(text: String) {
        #expect(throws: (any Error).self) { try TimeArgument.moment(text, now: now) }
    }
}
