import ArgumentParser
import Formats
import KHOINS

/// A time as an operator gives it. What it means, the zone and the clock decide.
struct TimeArgument: Sendable {
    private enum Form: Sendable {
        /// Microseconds.
        case ago(Int64)
        case today
        case yesterday
        /// Today, so many seconds after midnight.
        case clock(Int64)
        case exact(Timestamp)
        case civil(CivilTime)
    }

    private let form: Form

    /// Reads how long ago (`90s`, `10m`, `2h30m`, `3d`, `1w`), `today`, `yesterday`, `10:00` of today, a date, or a date
    /// and time. Dates can be written as in Indonesia, `25/11/2026`, and so can the two words.
    init(_ text: String) throws {
        form = try Self.form(text)
    }

    private static func form(_ text: String) throws -> Form {
        if let ago = length(text) { return .ago(ago) }
        switch text.lowercased() {
        case "today", "hari ini": return .today
        case "yesterday", "kemarin": return .yesterday
        default: break
        }
        if text.utf8.count == 5, let time = Timestamp(iso8601: "1970-01-01T\(text):00Z") { return .clock(time.seconds) }
        let date = text.split(separator: "/", omittingEmptySubsequences: false)
        if date.map(\.count) == [2, 2, 4] { return try form("\(date[2])-\(date[1])-\(date[0])") }
        if let exact = Timestamp(iso8601: text) { return .exact(exact) }
        let local = text.replacing(" ", with: "T")
        let whole = local + "2026-01-01T00:00:00".dropFirst(local.count)
        if [10, 16, 19].contains(local.count), let exact = Timestamp(iso8601: whole + "Z") {
            return .civil(exact.civil())
        }
        throw ValidationError("“\(text)” is no time: take \(choices).")
    }

    /// What there is to choose from, in a sentence.
    static let choices = "2h, 3d, today, yesterday, 2026-11-22 or “2026-11-22 15:00”"

    func moment(_ zone: Zone, now: Timestamp = .now) -> Timestamp {
        switch form {
        case .ago(let length): Timestamp(microseconds: now.microseconds - length)
        case .today: zone.midnight(of: now)
        case .clock(let seconds): Timestamp(microseconds: zone.midnight(of: now).microseconds + seconds * 1_000_000)
        case .yesterday: Timestamp(microseconds: zone.midnight(of: now).microseconds - 86_400_000_000)
        case .exact(let moment): moment
        case .civil(let civil): Timestamp(civil, offset: zone.offset)
        }
    }

    /// Microseconds of `10m` or `2h30m`; `nil` for what is no length of time.
    static func length(_ text: String) -> Int64? {
        var rest = text[...]
        var length: Int64 = 0
        while let end = rest.firstIndex(where: { units[$0] != nil }), let seconds = units[rest[end]] {
            guard let count = decimal(rest[..<end].utf8), count <= 1_000_000 else { return nil }
            length += Int64(count) * seconds * 1_000_000
            rest = rest[rest.index(after: end)...]
        }
        return rest.isEmpty && !text.isEmpty ? length : nil
    }

    private static let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
}
