import Formats
import KHOINS

/// Whole Rupiah for people.
enum Amount {
    /// `Rp10.155`
    static func rupiah(_ number: Int) -> String { "Rp" + Formats.grouped(number) }

    /// `95,4`: a share in percent, with one digit behind the comma.
    static func percent(_ part: Int, of all: Int) -> String {
        guard all > 0 else { return "–" }
        let perMille = (part * 1000 + all / 2) / all
        return "\(perMille / 10),\(perMille % 10)"
    }
}

/// Times as the page tells them.
struct Wording {
    let language: Language
    let zone: Zone

    /// `20.13.51`, in English `20:13:51`.
    func clock(_ moment: Timestamp) -> String {
        let text = LocalTime(moment, zone).civil.iso8601.suffix(8)
        return language == .indonesian ? String(text.replacing(":", with: ".")) : String(text)
    }

    /// `25 Nov 2026`
    func date(_ moment: Timestamp) -> String {
        let civil = LocalTime(moment, zone).civil
        return "\(civil.day) \(shortMonth(civil.month)) \(civil.year)"
    }

    /// `25 Nov 2026, 20.13.51`
    func dateAndClock(_ moment: Timestamp) -> String { "\(date(moment)), \(clock(moment))" }

    /// `Rabu, 25 November`, with the year where it is not this one.
    func longDay(_ moment: Timestamp, now: Timestamp) -> String {
        let civil = LocalTime(moment, zone).civil
        let year = LocalTime(now, zone).civil.year == civil.year ? "" : " \(civil.year)"
        return "\(weekday(moment)), \(civil.day) \(month(civil.month))\(year)"
    }

    /// `Rab 25`
    func shortDay(_ moment: Timestamp) -> String {
        "\(weekday(moment).prefix(3)) \(LocalTime(moment, zone).civil.day)"
    }

    func weekday(_ moment: Timestamp) -> String {
        let days = (moment.seconds + zone.offset) / 86_400
        // 1970-01-01 was a Thursday.
        let index = Int((days + 4) % 7)
        return language == .indonesian
            ? ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"][index]
            : ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"][index]
    }

    func month(_ month: Int) -> String {
        language == .indonesian
            ? [
                "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
                "November", "Desember",
            ][month - 1]
            : [
                "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                "November", "December",
            ][month - 1]
    }

    private func shortMonth(_ number: Int) -> String {
        // "Agustus" is shortened to "Agu", "Mei" is short.
        String(month(number).prefix(3))
    }

    /// `12 detik`, `25 menit`, `2 j 14 mnt`, `3 hari`: a time span in its two largest units at most.
    func span(_ seconds: Int64) -> String {
        switch max(seconds, 0) {
        case ..<60: "\(max(seconds, 0)) " + language.words("detik", seconds == 1 ? "second" : "seconds")
        case ..<3600: "\(seconds / 60) " + language.words("menit", seconds / 60 == 1 ? "minute" : "minutes")
        case ..<86_400:
            "\(seconds / 3600) " + language.words("j", "h") + " \(seconds / 60 % 60) " + language.words("mnt", "min")
        default: "\(seconds / 86_400) " + language.words("hari", seconds / 86_400 == 1 ? "day" : "days")
        }
    }
}

extension Status {
    /// The trade's word for it. Unknown is never called failed.
    var words: (StaticString, StaticString) {
        switch self {
        case .success: ("Sukses", "Success")
        case .failed: ("Gagal", "Failed")
        case .pending: ("Pending", "Pending")
        case .expired: ("Kedaluwarsa", "Expired")
        case .cancelled: ("Dibatalkan", "Cancelled")
        case .refunded: ("Refund", "Refunded")
        case .unknown: ("Tidak jelas", "Unknown")
        }
    }

    var icon: Icon {
        switch self {
        case .success: .success
        case .failed: .failed
        case .pending: .waiting
        case .expired, .cancelled: .over
        case .refunded: .reversed
        case .unknown: .unclear
        }
    }

    /// The class of its colour.
    var colour: StaticString {
        switch self {
        case .success: "ok"
        case .failed: "bad"
        case .pending: "wait"
        case .expired, .cancelled: "off"
        case .refunded, .unknown: "odd"
        }
    }
}

extension HTML {
    /// A status as its drawing and its word.
    mutating func mark(_ status: Status) {
        icon(status.icon, status.colour)
        raw(" <span>")
        say(status.words.0, status.words.1)
        raw("</span>")
    }
}
