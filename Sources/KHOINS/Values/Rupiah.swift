/// Amounts as KHOINS writes them: whole Rupiah, `.` for thousands, `-` in front where negative.
enum Rupiah {
    /// The amount of `10155`, `1.449.645.223`, `-9.858.221` or `0`; `nil` for anything else, because an amount that has
    /// to be guessed is worse than none.
    static func parse(_ bytes: some Sequence<UInt8>) -> Int? {
        var isNegative = false
        var isGrouped = false
        var groupLength = 0
        var amount = 0
        var isFirst = true
        for byte in bytes {
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                let (tens, overflow) = amount.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(Int(digit))
                guard !overflow, !carry else { return nil }
                amount = sum
                groupLength += 1
            } else if byte == UInt8(ascii: ".") {
                guard isGrouped ? groupLength == 3 : (1...3).contains(groupLength) && amount > 0 else { return nil }
                isGrouped = true
                groupLength = 0
            } else {
                guard isFirst, byte == UInt8(ascii: "-") else { return nil }
                isNegative = true
            }
            isFirst = false
        }
        guard isGrouped ? groupLength == 3 : groupLength > 0 else { return nil }
        return isNegative ? -amount : amount
    }
}
