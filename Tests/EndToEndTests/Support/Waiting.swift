import Glibc

/// A thing that a test waited for did not come.
struct TimedOut: Error, CustomStringConvertible {
    var description: String
}

/// Asks again and again until the thing itself says yes. The deadline is only there so that a failure ends: machines
/// that run tests can be very slow.
func wait(for what: String, seconds: Int = 60, until isSo: () throws -> Bool) throws {
    let start = ContinuousClock.now
    while try !isSo() {
        guard ContinuousClock.now - start < .seconds(seconds) else {
            throw TimedOut(description: "no \(what) after \(seconds) seconds")
        }
        usleep(5_000)
    }
}
