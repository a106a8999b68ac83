import TestSupport
import Testing

@testable import Formats

@Suite("The checksum")
struct CRC32CTests {
    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }

    @Test("is that of RFC 3720, appendix B.4")
    func vectors() {
        #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(checksum([]) == 0)
    }

    @Test("is the same with the processor's instruction and without it, in one piece and in several")
    func ways() {
        var generator = SeededGenerator(seed: 7)
        for length in 0..<70 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            var tables = CRC32C()
            bytes.withUnsafeBufferPointer { tables.updateByTables($0) }
            var pieces = CRC32C()
            pieces.update(bytes.prefix(length / 3))
            pieces.update(bytes.dropFirst(length / 3))
            #expect(tables.value == checksum(bytes))
            #expect(pieces.value == checksum(bytes))
        }
    }
}
