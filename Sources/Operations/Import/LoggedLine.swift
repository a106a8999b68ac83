import Formats
import Gateway
import Journal

/// What one line of a log of bodies holds.
package enum LoggedLine: Equatable {
    case blank
    /// A line that the web server wrote about a request that nobody answered for good.
    case logged(Delivery)
    /// A body and nothing else.
    case raw(Delivery)
    /// The program, or the web server in its place, gave this an answer that settled it, such as 200 or 403.
    case answered
    /// It came from an address that is not asked for.
    case elsewhere
    /// Why this is no delivery.
    case unusable(String)

    /// Reads a line as nginx writes it with `escape=json`, or with its default escaping; anything else is a body.
    ///
    /// - Parameters:
    ///   - now: The time that a raw body counts as received at, as the line tells none.
    ///   - ranges: The addresses whose lines are asked for; none given, any.
    package init(_ line: [UInt8], now: Timestamp, from ranges: [AddressRange] = []) {
        // A byte order mark is the file's; where files were joined, it stands at the start of a line.
        var line = line
        while line.starts(with: ForeignFile.byteOrderMark) { line.removeFirst(3) }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
            self = .blank
        } else if let (value, body) = Self.fields(line) {
            self.init(value, body: body, now: now, from: ranges)
        } else if let reason = Self.otherLine(line) {
            self = .unusable(reason)
        } else if !ranges.isEmpty {
            self = .unusable("it does not say which address it came from (--from)")
        } else {
            self = .raw(Delivery(body: line, receivedAt: now, remoteAddress: ""))
        }
    }

    private init(_ value: JSONValue, body: [UInt8], now: Timestamp, from ranges: [AddressRange]) {
        let address = value["remote_addr"]?.string ?? ""
        if !ranges.isEmpty {
            guard let address = Address(address), ranges.contains(where: { $0.contains(address) }) else {
                self = .elsewhere
                return
            }
        }
        let status = value["status"]?.integer ?? value["status"]?.string.flatMap { Int($0) }
        // 499 is nginx's own: the sender went away before there was an answer.
        if let status, !(500...599).contains(status), status != 499 {
            self = .answered
            return
        }
        guard let time = value["time"]?.string.flatMap({ Timestamp(iso8601: $0) }) else {
            self = .unusable("its time is not ISO 8601")
            return
        }
        guard time >= Self.earliest, time < Self.dayAfterTomorrow(now) else {
            self = .unusable("its time is not between the year 2000 and tomorrow")
            return
        }
        guard !body.isEmpty, body != [UInt8(ascii: "-")] else {
            self = .unusable("the web server logged no body")
            return
        }
        self = .logged(Delivery(body: body, receivedAt: time, remoteAddress: address))
    }

    /// Before that no clock was right, and no KHOINS called.
    private static let earliest = Timestamp(CivilTime(year: 2000, month: 1, day: 1))

    /// The end of tomorrow, UTC: a clock may be wrong, but what it says becomes part of names and of the order of things.
    private static func dayAfterTomorrow(_ now: Timestamp) -> Timestamp {
        let today = now.civil()
        return Timestamp(CivilTime(year: today.year, month: today.month, day: today.day + 2))
    }

    /// Why a line is no body as it came, though one could be read in it: this program has written it, and it would
    /// change the record that it speaks of; or it is of a web server's usual log, whose escapes are not JSON's.
    private static func otherLine(_ line: [UInt8]) -> String? {
        if line.first == UInt8(ascii: "{") {
            guard let value = try? JSONParser.parse(line) else { return nil }
            if value["deliveries"]?.array != nil, value["schema"] != nil {
                return "it is a record of this program, no body"
            }
            if value["crc"]?.string != nil { return "it is a line of this program's journal or archive, no body" }
            if value["record"]?["deliveries"] != nil { return "it is a line of `follow --json`, no body" }
            return nil
        }
        let start = String(decoding: line.prefix(64), as: UTF8.self).split(separator: " ", maxSplits: 1).first ?? ""
        guard Address(start) != nil else { return nil }
        return "it is a line of a web server's usual log, which holds no body as it came"
    }

    /// The members of a line of nginx's log, and its body's very bytes; `nil` for a line that is none.
    ///
    /// nginx escapes quotes, backslashes and control characters, and writes all other bytes as they are, whether UTF-8
    /// or not (ngx_escape_json). So bytes that are not UTF-8 are read as one character each, and turned back.
    private static func fields(_ line: [UInt8]) -> (JSONValue, body: [UInt8])? {
        guard line.first == UInt8(ascii: "{") else { return nil }
        if String(validating: line, as: UTF8.self) != nil, let value = try? JSONParser.parse(line) {
            return body(in: value).map { (value, Array($0.utf8)) }
        }
        guard let value = try? JSONParser.parse(transcoded(line)), let body = body(in: value) else { return nil }
        return (value, body.unicodeScalars.flatMap { $0.value < 0x100 ? [UInt8($0.value)] : Array(String($0).utf8) })
    }

    private static func body(in value: JSONValue) -> String? {
        value["time"]?.string == nil ? nil : value["body"]?.string
    }

    /// The line with each byte as the character of that number, and nginx's default `\x22` as JSON's `\u0022`.
    private static func transcoded(_ line: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(line.count + 64)
        var index = 0
        while index < line.count {
            let byte = line[index]
            if byte == UInt8(ascii: "\\"), index + 1 < line.count {
                text += line[index + 1] == UInt8(ascii: "x") ? Array("\\u00".utf8) : [byte, line[index + 1]]
                index += 2
            } else {
                text += Unicode.Scalar(byte).utf8
                index += 1
            }
        }
        return text
    }
}
