import Formats
import KHOINS

/// A callback that says one thing, and what the way from KHOINS to here may do to it: keys in another case, members in
/// another order, quotes raw or missing, an operator's answer quoted in the text, white space, junk, an end cut off.
///
/// Made from bytes, so that a fuzzer that changes them changes a callback into another one, and random numbers make
/// random ones.
package struct MutatedCallback {
    package private(set) var body: [UInt8] = []
    /// What the callback means. Whatever is done to it, it must be read as this or as `unknown`.
    package let status: Status
    /// Whose it is. Whatever is done to it, it must be read as this or not at all.
    package let id: String?

    private var choices: Choices

    /// Numbers from bytes; zeros where there are no more.
    private struct Choices {
        var rest: ArraySlice<UInt8>

        mutating func below(_ count: Int) -> Int { Int(rest.popFirst() ?? 0) % count }

        /// One time in `count`.
        mutating func once(in count: Int) -> Bool { below(count) == 1 }

        mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

        mutating func offset(below count: Int) -> Int {
            count == 0 ? 0 : (below(256) << 8 | below(256)) % count
        }
    }

    private static let words: [(String, Status)] = [
        ("Success", .success), ("SUKSES", .success), ("Berhasil", .success), ("Gagal", .failed), ("FAILED", .failed),
        ("Expired", .expired), ("Dibatalkan", .cancelled), ("Batal", .cancelled), ("Refund", .refunded),
        ("Pending", .pending), ("Diproses", .pending), ("Diterima", .unknown),
    ]
    private static let finalWords = words.filter(\.1.isFinal)

    package init(_ bytes: [UInt8]) {
        choices = Choices(rest: bytes[...])
        let (word, meaning) = choices.pick(Self.words)
        let isTopup = choices.once(in: 5)
        let place = choices.below(4)
        let isOnlyInText = place == 3
        // A word that nobody knows says nothing where the text has to decide.
        status = meaning
        id = isTopup ? nil : choices.pick(["KH-1", "KH-9001", "1732453000123", "a b", "é/1"])

        // The text says the same, or nothing, at its place; what it quotes says something else.
        let textWord = isOnlyInText || choices.below(3) > 0 ? word : nil
        let answer = choices.once(in: 2) ? answer() : nil
        var text = isTopup ? topupText(textWord, answer) : transactionText(textWord, answer)
        if choices.once(in: 8) { text += choices.pick([" \u{1F600}", " é", " it's", " a/b", " {", " }"]) }

        var members = innerMembers(isTopup: isTopup, word: place == 0 || place == 2 ? word : nil)
        if choices.once(in: 6) { members.append(("data", answerObject())) }
        if choices.once(in: 6) { members.append(("x", #""y""#)) }
        let isText = isOnlyInText && choices.once(in: 3)
        let report = isText ? text : object(members, text: text)
        body = Array(envelope(report, isReport: !isText, isTopup: isTopup, word: place == 1 ? word : nil).utf8)
        damage()
    }

    // MARK: - What it says

    private mutating func transactionText(_ word: String?, _ answer: String?) -> String {
        let quote = choices.once(in: 4) ? "\"" : ""
        let head = "R#\(id ?? "")\(choices.pick([" ", " [18134]>>>"]))Transaksi \(quote)TH10 ke \(quote)0812000111"
        let price = choices.once(in: 2) ? " Harga:10.155" : ""
        let place = word.map { " \(choices.once(in: 2) ? $0.uppercased() : $0)." } ?? ""
        let tail = choices.pick(["", " SN: 0124", " ket: Nomor salah", " ket:", " SN:"])
        let quoted = answer.map { " \($0)" } ?? ""
        let end = choices.pick(["", ". Saldo: 1.449.645.223#@24/11 20:38:08"])
        return head + price + place + tail + quoted + end
    }

    private mutating func topupText(_ word: String?, _ answer: String?) -> String {
        let place = word.map { " \($0)." } ?? ""
        let quoted = answer.map { " ket: \($0)" } ?? ""
        return "Tiket Member goodlink dengan jumlah 10.123\(place)\(quoted)"
    }

    /// What an operator answered, as a text quotes it: with a status, and with ids, that are not this callback's.
    private mutating func answer() -> String {
        let object = answerObject()
        switch choices.below(4) {
        case 0: return object.replacing("\"", with: "'")
        case 1: return "resp=" + object
        default: return object
        }
    }

    private mutating func answerObject() -> String {
        let word = choices.pick(Self.words).0
        var members = [#""rc":"14""#, #""status":"\#(word)""#]
        if choices.once(in: 2) { members.append(#""trxid":"OP-9""#) }
        if choices.once(in: 4) { members.append(#""refid":"OP-8""#) }
        if choices.once(in: 3) { members.append(#""msg":"x""#) }
        if choices.once(in: 5) { members.append(#""data":{"status":"\#(choices.pick(Self.words).0)"}"#) }
        return "{" + shuffled(members).joined(separator: choices.pick([",", ", "])) + "}"
    }

    private mutating func innerMembers(isTopup: Bool, word: String?) -> [(key: String, value: String)] {
        var members: [(key: String, value: String)] = []
        if isTopup {
            members.append(("memberid", #""goodlink""#))
            if choices.once(in: 2) { members.append(("amount", choices.pick([#""10.123""#, "10123"]))) }
        } else {
            members.append(("tujuan", #""0812000111""#))
            members.append(("trxid", quoted(id ?? "")))
        }
        if let word { members.append(("status", quoted(word))) }
        return members
    }

    // MARK: - How it is written

    private func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        var elements = elements
        guard choices.once(in: 3) else { return elements }
        for index in elements.indices { elements.swapAt(index, choices.below(elements.count)) }
        return elements
    }

    private mutating func key(_ key: String) -> String {
        switch choices.below(8) {
        case 1: key.uppercased()
        case 2: key.prefix(1).uppercased() + key.dropFirst()
        default: key
        }
    }

    /// An object of the members and the text. With raw quotes in the text, or a member's own missing, it is no JSON.
    private mutating func object(_ members: [(key: String, value: String)], text: String) -> String {
        let isRaw = choices.once(in: 3)
        var members = members.map { (key: $0.key, value: $0.value) }
        if choices.once(in: 4), let index = members.firstIndex(where: { $0.key == "trxid" }) {
            members[index].value.removeLast()
        }
        members.append(("message", isRaw ? "\"\(text)\"" : quoted(text)))
        let space = choices.pick(["", "", " ", "\n\t"])
        var written: [String] = []
        for member in shuffled(members) { written.append("\"\(key(member.key))\":\(space)\(member.value)") }
        let comma = choices.once(in: 10) ? ",}" : "}"
        return "{\(space)" + written.joined(separator: ",\(space)") + comma
    }

    private mutating func envelope(_ report: String, isReport: Bool, isTopup: Bool, word: String?) -> String {
        var message = report
        switch choices.below(6) {
        // Quotes that nobody escaped.
        case 1: message = "\"\(report)\""
        // The object itself, or a report that was made a string twice.
        case 2 where isReport: break
        case 3: message = quoted(quoted(report))
        default: message = quoted(report)
        }
        var members: [(key: String, value: String)] = []
        if isTopup {
            members.append(("memberid", #""goodlink""#))
            if choices.once(in: 2) { members.append(("amount", #""10123""#)) }
        } else if choices.below(4) > 0 || id?.contains(" ") == true {
            members.append((choices.pick(["refid", "refid", "trxid"]), quoted(id ?? "")))
            if choices.once(in: 5) { members.append(("memberid", #""goodlink""#)) }
        }
        if let word { members.append(("status", quoted(word))) }
        members.append(("message", message))
        let space = choices.pick(["", "", " ", "\r\n"])
        var written: [String] = []
        for member in shuffled(members) { written.append("\"\(key(member.key))\":\(space)\(member.value)") }
        return "{\(space)" + written.joined(separator: ",\(space)") + "}"
    }

    // MARK: - What happens to it

    private mutating func damage() {
        for _ in 0..<choices.below(4) {
            switch choices.below(10) {
            case 0: body += [UInt8](repeating: 0, count: choices.below(5))
            case 1: body = [0xEF, 0xBB, 0xBF] + body
            case 2: body = Array(choices.pick(["x", "<br />\n", "data=", "1f4\r\n", "callback("]).utf8) + body
            case 3: body += Array(choices.pick([",", "\r\n", ");", "OK", "}", "\n0\r\n\r\n"]).utf8)
            case 4: body.removeLast(min(1, body.count))
            case 5: insert(choices.pick([[0x0A], [0x09], [0x0D, 0x0A], [0x5C, 0x27], [0x96], [0x00], [0x20]]))
            case 6: body = body.dropLast(choices.offset(below: body.count))
            case 7 where body.last == UInt8(ascii: "}"): body.insert(UInt8(ascii: ","), at: body.count - 1)
            case 8: body = Array(String(decoding: body, as: UTF8.self).replacing("\"", with: "\\\"").utf8)
            default: break
            }
        }
    }

    /// Inserts bytes into the text, where free words stand.
    private mutating func insert(_ bytes: [UInt8]) {
        let places = body.indices.filter { index in
            body[index] == UInt8(ascii: " ") && index > 0 && body[index - 1] == UInt8(ascii: ".")
        }
        guard !places.isEmpty else { return }
        body.insert(contentsOf: bytes, at: choices.pick(places) + 1)
    }

    // MARK: - What must hold

    /// What is wrong with how it is read; `nil` if nothing is.
    package var finding: String? {
        guard let callback = try? CallbackReader.read(body, arrival: Timestamp(microseconds: 1_795_335_513_000_000))
        else { return nil }
        if callback.status != status, callback.status != .unknown {
            return "\(callback.status.rawValue) instead of \(status.rawValue)"
        }
        if let read = callback.trxid, read != id { return "filed under \(read) instead of \(id ?? "no id")" }
        return nil
    }
}
