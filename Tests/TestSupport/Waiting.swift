import Glibc

/// A thing that a test waited for did not come.
package struct TimedOut: Error, CustomStringConvertible {
    package var description: String

    package init(description: String) {
        self.description = description
    }
}

/// Asks again and again until there is an answer. The deadline is only there so that a failure ends: machines that run
/// tests can be very slow.
@discardableResult
package func eventually<Value>(
    _ what: @autoclosure () -> String, within seconds: Double = 60, _ ask: () throws -> Value?
) throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let value = try ask() { return value }
        guard ContinuousClock.now < deadline else {
            throw TimedOut(description: "no \(what()) after \(seconds) seconds")
        }
        usleep(1_000)
    }
}

/// Asks again and again until the thing itself says yes.
package func wait(for what: @autoclosure () -> String, seconds: Int = 60, until isSo: () throws -> Bool) throws {
    try eventually(what(), within: Double(seconds)) { try isSo() ? () : nil }
}
