/// A number with leading zeros, at least `width` digits.
package func padded(_ number: Int, _ width: Int) -> String {
    var digits: [UInt8] = []
    digits.appendDigits(number, width)
    return String(decoding: digits, as: UTF8.self)
}

extension [UInt8] {
    /// Appends a number with leading zeros, at least `width` digits, behind a minus sign if it is negative.
    package mutating func appendDigits(_ number: Int, _ width: Int = 1) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var digits = 1
        while digits < width || rest >= 10 {
            rest /= 10
            digits += 1
        }
        rest = number.magnitude
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: digits))
        for index in (start..<count).reversed() {
            self[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }
}

/// A number from ASCII digits alone; `nil` for anything else, and for more digits than fit.
package func decimal(_ digits: some Collection<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var number = 0
    for byte in digits {
        let digit = byte &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        number = number * 10 + Int(digit)
    }
    return number
}
