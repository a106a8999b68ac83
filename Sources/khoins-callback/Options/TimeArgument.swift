import ArgumentParser
import Formats
import KHOINS
import Operations

/// Times as an operator gives them.
enum TimeArgument {
    /// Reads how long ago (`90s`, `10m`, `2h`, `3d`, `1w`), or a date in the local zone, or a date and time.
    static func moment(_ text: String, now: Timestamp = .now) throws -> Timestamp {
        if let ago = length(text) { return Timestamp(microseconds: now.microseconds - ago) }
        switch text.lowercased() {
        case "today": return midnight(of: now)
        // Half a day before midnight is yesterday, however long the days are.
        case "yesterday": return midnight(of: Timestamp(microseconds: midnight(of: now).microseconds - 43_200_000_000))
        default: break
        }
        if let exact = Timestamp(iso8601: text) { return exact }
        let local = text.replacing(" ", with: "T")
        let whole = local + "2026-01-01T00:00:00".dropFirst(local.count)
        if [10, 16, 19].contains(local.count), let exact = Timestamp(iso8601: whole + "Z") {
            return LocalTime.moment(exact.civil())
        }
        throw ValidationError("“\(text)” is no time: take 2h, 3d, today, 2026-11-22 or “2026-11-22 15:00”.")
    }

    /// Microseconds of `10m`; `nil` for what is no length of time.
    static func length(_ text: String) -> Int64? {
        guard let unit = text.last, let seconds = units[unit], let count = decimal(text.dropLast().utf8),
            count <= 1_000_000
        else { return nil }
        return Int64(count) * seconds * 1_000_000
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    private static func midnight(of moment: Timestamp) -> Timestamp {
        let civil = LocalTime(moment).civil
        return LocalTime.moment(CivilTime(year: civil.year, month: civil.month, day: civil.day))
    }
}
