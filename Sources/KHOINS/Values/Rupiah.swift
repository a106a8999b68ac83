/// Amounts as KHOINS writes them: whole Rupiah, `.` for thousands, `-` in front where negative.
enum Rupiah {
    /// The amount of `10155`, `1.449.645.223`, `-9.858.221` or `0`; `nil` for anything else, because an amount that has
    /// to be guessed is worse than none.
    static func parse(_ bytes: some Sequence<UInt8>) -> Int? {
        var isNegative = false
        var isGrouped = false
        var groupLength = 0
        var amount = 0
        for (offset, byte) in bytes.enumerated() {
            if offset == 0, byte == UInt8(ascii: "-") {
                isNegative = true
            } else if byte == UInt8(ascii: ".") {
                guard isGrouped ? groupLength == 3 : (1...3).contains(groupLength) && amount > 0 else { return nil }
                isGrouped = true
                groupLength = 0
            } else {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                let (tens, overflow) = amount.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(Int(digit))
                guard !overflow, !carry else { return nil }
                amount = sum
                groupLength += 1
            }
        }
        guard isGrouped ? groupLength == 3 : groupLength > 0 else { return nil }
        return isNegative ? -amount : amount
    }
}
