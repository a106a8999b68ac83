/// A number with leading zeros, at least `width` digits.
package func padded(_ number: Int, _ width: Int) -> String {
    var digits = ByteBuffer(capacity: 20)
    digits.appendDigits(number, width)
    return digits.text
}

/// A number from ASCII digits alone; `nil` for anything else, and for more digits than fit.
///
/// Inlinable, because other modules would look up each step of the collection at run time.
@inlinable package func decimal(_ digits: some Collection<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var number = 0
    for byte in digits {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        number = number * 10 + Int(digit)
    }
    return number
}
