import Formats
import KHOINS
import MutatedCallbacks
import TestSupport
import Testing

struct MutatedCallbackTests {
    @Test("Whatever happens to a callback, it is read as what it means, or as unknown", arguments: 1...4)
    func neverAnotherStatus(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var read = 0
        for _ in 0..<2500 {
            let callback = MutatedCallback((0..<120).map { _ in UInt8.random(in: 0...255, using: &generator) })
            if let finding = callback.finding {
                Issue.record("\(finding): \(String(decoding: callback.body, as: UTF8.self))")
            }
            let status = try? CallbackReader.read(callback.body, arrival: .arrival).status
            if status == callback.status, status != .unknown { read += 1 }
        }
        // What cannot be read proves nothing.
        #expect(read > 500)
    }
}
