/// Whole numbers with dots between thousands, as amounts are written in Indonesia: `1.449.645.223`.
package func grouped(_ number: Int) -> String {
    let digits = Array(String(number.magnitude))
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text.append(".") }
        text.append(digit)
    }
    return number < 0 ? "-" + text : text
}
