import Formats
import Glibc

/// A moment as the clock on the operator's wall shows it: in the zone that TZ or /etc/localtime names (localtime(3)),
/// or in Western Indonesian Time where neither can be told.
package struct LocalTime {
    package let civil: CivilTime
    package let zone: String

    package init(_ moment: Timestamp) {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        guard localtime_r(&seconds, &parts) != nil, let zone = parts.tm_zone else {
            civil = moment.civil(offset: 7 * 3600)
            self.zone = "WIB"
            return
        }
        civil = CivilTime(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hour: Int(parts.tm_hour), minute: Int(parts.tm_min), second: min(Int(parts.tm_sec), 59))
        self.zone = String(cString: zone)
    }

    /// The moment at which the wall clock shows this; of two, where it was set back, the first.
    package static func moment(_ civil: CivilTime) -> Timestamp {
        var parts = tm()
        parts.tm_year = Int32(civil.year - 1900)
        parts.tm_mon = Int32(civil.month - 1)
        parts.tm_mday = Int32(civil.day)
        parts.tm_hour = Int32(civil.hour)
        parts.tm_min = Int32(civil.minute)
        parts.tm_sec = Int32(civil.second)
        parts.tm_isdst = -1
        return Timestamp(microseconds: Int64(mktime(&parts)) * 1_000_000)
    }

    /// `2026-11-22`
    package var day: String { String(civil.iso8601.prefix(10)) }

    /// `2026-11-22 15:18:33`
    var dateAndTime: String { "\(day) \(civil.iso8601.suffix(8))" }

    /// `2026-11-22 15:18:33 WIB`
    package var text: String { "\(dateAndTime) \(zone)" }
}
