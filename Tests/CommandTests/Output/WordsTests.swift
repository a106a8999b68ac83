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

    private func moment(_ text: String, _ zone: Zone = .wib) throws -> Timestamp {
        try TimeArgument(text).moment(zone, now: now)
    }

    @Test(
        "can be a length of time before now",
        arguments: [
            ("90s", 90), ("10m", 600), ("2h", 7200), ("3d", 259_200), ("1w", 604_800), ("2h30m", 9000),
            ("1d1s", 86_401),
        ])
    func ago(text: String, seconds: Int64) throws {
        #expect(try moment(text).seconds == now.seconds - seconds)
    }

    @Test("can be exact, with its zone")
    func exact() throws {
        #expect(try moment("2026-11-22T15:00:00+07:00") == now)
        #expect(try moment("2026-11-22T08:00:00Z") == now)
    }

    @Test("can be a day or a time of day, by the clock of the zone", arguments: Zone.allCases)
    func local(_ zone: Zone) throws {
        #expect(try moment("2026-11-22", zone) == Timestamp(iso8601: "2026-11-22T00:00:00+0\(zone.offset / 3600):00"))
        #expect(try LocalTime(moment("2026-11-22 15:30", zone), zone).dateAndTime == "2026-11-22 15:30:00")
        let today = try moment("today", zone)
        #expect(LocalTime(today, zone).dateAndTime == "2026-11-22 00:00:00")
        #expect(try moment("hari ini", zone) == today && moment("10:30", zone) == moment("2026-11-22 10:30", zone))
        #expect(try moment("kemarin", zone) == moment("yesterday", zone))
        #expect(try moment("09/11/2026", zone) == moment("2026-11-09", zone))
        #expect(try LocalTime(moment("Yesterday", zone), zone).dateAndTime == "2026-11-21 00:00:00")
    }

    @Test("today has begun where it has, and not elsewhere")
    func today() throws {
        let evening = Timestamp(CivilTime(year: 2026, month: 12, day: 31, hour: 16, minute: 30))
        let days = try Zone.allCases.map { zone in
            LocalTime(try TimeArgument("today").moment(zone, now: evening), zone).day
        }
        #expect(days == ["2026-12-31", "2027-01-01", "2027-01-01", "2026-12-31"])
    }

    @Test(
        "is nothing else",
        arguments: [
            "", "x", "h", "-2h", "2", "2y", "2026-13-01", "2026-02-30", "2026-11", "99999999999999999999d", "2h30",
            "h2", "25:00", "10:0", "31/02/2026", "1/1/2026", "2026/11/22",
        ])
    func nonsense(text: String) {
        #expect(throws: (any Error).self) { try moment(text) }
    }
}
