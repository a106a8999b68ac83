import Glibc

/// Bytes that grow at their end.
///
/// Every callback is written twice, piece by piece, and for pieces of a few bytes an array's own bookkeeping costs more
/// than they do.
package struct ByteBuffer: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int) {
        self.capacity = max(capacity, 16)
        start = Self.allocate(self.capacity)
    }

    deinit { free(start) }

    /// Swift's own `allocate` goes through posix_memalign(3) here, and so past malloc's caches.
    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<UInt8> {
        guard let memory = malloc(capacity) else { fatalError("out of memory") }
        return memory.assumingMemoryBound(to: UInt8.self)
    }

    /// A copy of all of them.
    package var bytes: [UInt8] { Array(UnsafeBufferPointer(start: start, count: count)) }

    /// All of them as text.
    package var text: String { String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self) }

    /// Calls `body` with all of them in place.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    package mutating func removeAll() { count = 0 }

    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count += 1
    }

    package mutating func append(_ text: StaticString) {
        append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let first = bytes.baseAddress else { return }
        reserve(bytes.count)
        memcpy(start + count, first, bytes.count)
        count += bytes.count
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBufferPointer { append($0) }
    }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append($0) }
    }

    /// Appends a byte so often that there are `length` of all bytes.
    package mutating func pad(to length: Int, with byte: UInt8) {
        guard length > count else { return }
        reserve(length - count)
        memset(start + count, Int32(byte), length - count)
        count = length
    }

    /// Appends a character in UTF-8.
    package mutating func append(_ scalar: Unicode.Scalar) {
        for unit in scalar.utf8 { append(unit) }
    }

    /// Makes room for `length` bytes and lets `write` put bytes there.
    ///
    /// - Parameter write: Returns how many it has put there.
    /// - Returns: The same.
    @discardableResult
    @inline(__always)
    package mutating func append(upTo length: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) -> Int {
        reserve(length)
        let written = write(start + count)
        count += written
        return written
    }

    /// A number with leading zeros, at least `width` digits, behind a minus sign if it is negative.
    package mutating func appendDigits(_ number: Int, _ width: Int = 1) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        // Written from the end of all the room that there may be, and moved to where they belong.
        let room = max(width, Self.longestNumber)
        append(upTo: room) { target in
            var start = room
            while rest > 0 || start > room - width {
                start -= 1
                let quotient = rest / 10
                target[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest - quotient * 10)
                rest = quotient
            }
            memmove(target, target + start, room - start)
            return room - start
        }
    }

    /// Digits of `UInt.max`.
    private static let longestNumber = 20

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(by: more) }
    }

    private mutating func grow(by more: Int) {
        capacity = max(2 * capacity, count + more)
        let grown = Self.allocate(capacity)
        memcpy(grown, start, count)
        free(start)
        start = grown
    }
}
