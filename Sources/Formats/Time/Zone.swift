/// A zone in which times are told to people. None of them ever changes its clocks.
package enum Zone: String, CaseIterable, Sendable {
    /// Western, central and eastern Indonesia.
    case wib = "WIB"
    case wita = "WITA"
    case wit = "WIT"
    case utc = "UTC"

    /// - Parameter name: In any case.
    package init?(named name: String) {
        self.init(rawValue: name.uppercased())
    }

    /// All of them in a sentence.
    package static let names = "WIB, WITA, WIT or UTC"

    /// Seconds ahead of UTC.
    package var offset: Int64 {
        switch self {
        case .wib: 7 * 3600
        case .wita: 8 * 3600
        case .wit: 9 * 3600
        case .utc: 0
        }
    }

    /// The moment at which a day begins.
    package func midnight(of moment: Timestamp) -> Timestamp {
        let civil = moment.civil(offset: offset)
        return Timestamp(CivilTime(year: civil.year, month: civil.month, day: civil.day), offset: offset)
    }
}

/// A moment as a clock on the wall of a zone shows it.
package struct LocalTime: Sendable {
    package let civil: CivilTime
    package let zone: Zone

    package init(_ moment: Timestamp, _ zone: Zone) {
        civil = moment.civil(offset: zone.offset)
        self.zone = zone
    }

    /// `2026-11-22`
    package var day: String { String(civil.iso8601.prefix(10)) }

    /// `2026-11-22 15:18:33`
    package var dateAndTime: String { "\(day) \(civil.iso8601.suffix(8))" }

    /// `2026-11-22 15:18:33 WIB`
    package var text: String { "\(dateAndTime) \(zone.rawValue)" }

    /// `11-22 15:18`, where there is little room; in another year than now's, `2025-11-22`.
    package func short(now: Timestamp) -> String {
        civil.year == now.civil(offset: zone.offset).year ? String(dateAndTime.dropFirst(5).dropLast(3)) : day
    }
}
