import Formats
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
    /// Why this is no delivery.
    case unusable(String)

    /// Reads a line as nginx writes it with `escape=json`, or with its default escaping; anything else is a body.
    ///
    /// - Parameter now: The time that a raw body counts as received at, as the line tells none.
    package init(_ line: [UInt8], now: Timestamp) {
        var line = line
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
            self = .blank
        } else if let (value, body) = Self.fields(line) {
            self.init(value, body: body)
        } else {
            self = .raw(Delivery(body: line, receivedAt: now, remoteAddress: ""))
        }
    }

    private init(_ value: JSONValue, body: [UInt8]) {
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
        guard !body.isEmpty, body != [UInt8(ascii: "-")] else {
            self = .unusable("the web server logged no body")
            return
        }
        self = .logged(Delivery(body: body, receivedAt: time, remoteAddress: value["remote_addr"]?.string ?? ""))
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
