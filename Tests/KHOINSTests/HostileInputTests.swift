import Glibc
import KHOINS
import TestSupport
import Testing

/// SplitMix64: the same numbers on every run.

struct HostileInputTests {
    /// Reads twice: whatever the bytes, it neither traps nor depends on anything but them.
    private func readTwice(_ body: [UInt8]) {
        let first = Result { try CallbackReader.read(body, arrival: .arrival) }
        let second = Result { try CallbackReader.read(body, arrival: .arrival) }
        #expect((try? first.get()) == (try? second.get()))
    }

    @Test("Random bytes never trap", arguments: 1...4)
    func randomBytes(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 0..<200, using: &generator)
            readTwice((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test("Callbacks with bytes changed, dropped, doubled and moved never trap", arguments: Shape.all)
    func mutatedCallbacks(_ shape: Shape) {
        var generator = SeededGenerator(seed: UInt64(shape.inner.utf8.count))
        let marks = Array(#""'\{}:,.#@>[] 0-"#.utf8) + [0x00, 0x0A, 0xC3, 0xFF]
        for round in 0..<600 {
            // Every other round damages the report inside a valid envelope, where most of the reading happens.
            var bytes = round % 2 == 0 ? shape.body : Array(shape.inner.utf8)
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                let other = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: bytes[index] = marks.randomElement(using: &generator) ?? 0
                case 1: bytes.insert(marks.randomElement(using: &generator) ?? 0, at: index)
                case 2: bytes.removeSubrange(min(index, other)..<min(max(index, other), min(index, other) + 20))
                case 3: bytes.insert(contentsOf: bytes[min(index, other)..<max(index, other)], at: index)
                default: bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            if round % 2 == 1 {
                let message = String(decoding: bytes, as: UTF8.self)
                bytes = Shape.body(outer: shape.outer, message: message)
                #expect(throws: Never.self) { try CallbackReader.read(bytes, arrival: .arrival) }
            }
            readTwice(bytes)
        }
    }

    @Test(
        "A long body takes no longer for being hostile",
        arguments: [
            "{", "[", "\"", "\\", "\\\"", ":", " ", "'", "}", "\"}", "{\"status\":\"", "\"message\":\"",
            "\"status\":'x ",
            "\"message\":\"\",", "\"status\" :", "'tujuan':\"\\", "a", "R#", "Member ", "Member Member dengan ",
            "Harga:",
            " Harga: ", " SN:", "SN: . Saldo: ", ". ", "Saldo:", " . Saldo:", "ket: ", ">>>", "[", "R#1 [", "\u{FFFD}",
            "😀",
            "#@24/03 20:38:08", "\\ud83d", "\\u", "...", "1.", ",", ", \"x\":", "Transaksi ke ke ",
        ])
    func hostileBodies(_ unit: String) {
        let repeated = String(repeating: unit, count: 32_768 / unit.utf8.count)
        let inners = [
            "{" + repeated, "{" + repeated + #"","status":"x","message":""# + repeated + #""}"#, "\"{" + repeated,
            "R#1 Transaksi A ke B " + repeated, "R#1 SUKSES. SN: " + repeated, "R#1 GAGAL. ket: " + repeated,
            #"{"status":"x","message":"R#1 SUKSES. SN: "# + repeated,
        ]
        let start = Self.processorSeconds
        for inner in inners {
            _ = try? CallbackReader.read(Shape.body(outer: #""refid":"1""#, message: inner), arrival: .arrival)
        }
        _ = try? CallbackReader.read(Array(repeated.utf8), arrival: .arrival)
        for body in Self.envelopes(around: repeated) {
            _ = try? CallbackReader.read(Array(body.utf8), arrival: .arrival)
        }
        // Unoptimised; linear work takes a fraction of a second, and what is quadratic takes minutes.
        #expect(Self.processorSeconds - start < 10)
    }

    /// Envelopes that are no JSON, so that they are read tolerantly.
    private static func envelopes(around repeated: String) -> [String] {
        [
            #"{"refid":"1","message":"# + repeated, #"{"refid":"1","message":"{"a":"# + repeated + #""}"}"#,
            #"{"message":""# + repeated + #"","refid":"1"}"#, #"{\"refid\":\"1\","# + repeated,
        ]
    }

    @Test(
        "An envelope of a megabyte takes no longer for being hostile",
        arguments: [
            "\"", "\\", "{\"", "\"}", "\"refid\":\"", "\"status\":'", ",\"a\":\"b\"", "\",\"trxid\":\"",
        ])
    func hostileEnvelopes(_ unit: String) {
        let repeated = String(repeating: unit, count: 1_048_576 / unit.utf8.count)
        let start = Self.processorSeconds
        let body = #"{"message":""# + repeated + #"","refid":"1"}"#
        _ = try? CallbackReader.read(Array(body.utf8), arrival: .arrival)
        #expect(Self.processorSeconds - start < 30)
    }

    /// What this thread has computed, however busy the machine is with others.
    private static var processorSeconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec
    }
}
