import Formats
import Journal

/// Reads what a `curl` says of several requests, one after another: of each answer its headers, then perhaps an error of
/// its own, then a line that closes it:
///
///     HTTP/1.1 503 Service Unavailable
///     Retry-After: 120
///
///     MARK 4711 503 0
///
/// MARK is a word that the other side cannot guess, so that no header is taken for that line.
struct CurlAnswers {
    struct Answer: Equatable {
        var position: Position
        /// 0 where there was none.
        var status: Int
        /// curl's exit code for this request (curl(1)); `nil` where this curl does not tell it.
        var code: Int?
        /// The header Retry-After, as it came.
        var retryAfter: String?
        /// The header Date, which Retry-After may count from.
        var date: String?
        /// What curl said of an error.
        var error: String?
    }

    private static let longestLine = 8_192

    private let mark: String
    private var rest: [UInt8] = []
    private var isTooLong = false
    private var retryAfter: String?
    private var date: String?
    private var error: String?

    init(mark: String) { self.mark = mark }

    /// Takes bytes as they come.
    ///
    /// - Returns: The answers that are complete with them.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [Answer] {
        var answers: [Answer] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                // A header may be as long as the other side likes.
                if rest.count < Self.longestLine { rest.append(byte) } else { isTooLong = true }
                continue
            }
            if !isTooLong, let answer = take(line: String(decoding: rest, as: UTF8.self)) { answers.append(answer) }
            rest.removeAll(keepingCapacity: true)
            isTooLong = false
        }
        return answers
    }

    private mutating func take(line: String) -> Answer? {
        if line.hasPrefix(mark + " ") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 3, let position = Position(words[1]) else { return nil }
            let answer = Answer(
                position: position, status: Int(words[2]) ?? 0, code: words.count > 3 ? Int(words[3]) : nil,
                retryAfter: retryAfter, date: date, error: error)
            (retryAfter, date, error) = (nil, nil, nil)
            return answer
        }
        if line.hasPrefix("HTTP/") { (retryAfter, date) = (nil, nil) }
        if line.hasPrefix("curl: ") { error = line }
        guard let colon = line.firstIndex(of: ":") else { return nil }
        let value = line[line.index(after: colon)...].drop(while: \.isWhitespace)
        let text = String(value.reversed().drop(while: \.isWhitespace).reversed())
        switch line[..<colon].lowercased() {
        case "retry-after": retryAfter = text
        case "date": date = text
        default: break
        }
        return nil
    }
}

/// The header Retry-After (RFC 9110, section 10.2.3): seconds, or a date.
enum RetryAfter {
    /// Milliseconds that are waited for at most.
    private static let longest: Int64 = 86_400_000

    /// - Parameters:
    ///   - date: The answer's own time, if it says one: the clocks need not agree.
    /// - Returns: Milliseconds, at least a thousand; `nil` for what says nothing.
    static func milliseconds(_ text: String?, date: String?, now: Timestamp) -> Int64? {
        guard let text else { return nil }
        if let seconds = decimal(text.utf8) {
            return bounded(Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000))
        }
        guard let moment = HTTPDate.timestamp(text) else { return nil }
        let from = date.flatMap(HTTPDate.timestamp) ?? now
        return bounded(((moment.microseconds - from.microseconds) / 1_000, false))
    }

    private static func bounded(_ milliseconds: (partialValue: Int64, overflow: Bool)) -> Int64 {
        milliseconds.overflow ? longest : min(max(milliseconds.partialValue, 1_000), longest)
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
enum HTTPDate {
    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    static func timestamp(_ text: String) -> Timestamp? {
        let words = text.split { $0 == " " || $0 == "," }
        guard words.count >= 5, let day = decimal(words[1].utf8), let year = decimal(words[3].utf8),
            let month = months.firstIndex(of: words[2].prefix(3).lowercased())
        else { return nil }
        let parts = words[4].split(separator: ":").compactMap { decimal($0.utf8) }
        guard parts.count == 3, (1...31).contains(day), (1970...9999).contains(year), parts[0] < 24, parts[1] < 60,
            parts[2] < 61
        else { return nil }
        return Timestamp(
            CivilTime(
                year: year, month: month + 1, day: day, hour: parts[0], minute: parts[1], second: min(parts[2], 59)))
    }
}
