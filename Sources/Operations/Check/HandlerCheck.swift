import FastCGI
import Gateway

/// Looks whether `serve` could begin, as this user and within the limits that hold here.
package enum HandlerCheck {
    /// - Parameter values: What is set, by any way.
    /// - Returns: `nil` where the settings alone keep it from beginning.
    package static func result(_ values: SettingValues) -> CheckResult? {
        guard let settings = try? values.settings() else { return nil }
        let subject = "handler"
        do throws(ListeningSocket.Problem) {
            try FastCGIService.rehearse(settings)
            return CheckResult(.ok, subject, "`serve` can have the threads, memory and descriptors that it needs")
        } catch {
            // Under CGI, and on a socket that a web server opened, less will do.
            return values[.listen] == nil
                ? CheckResult(.warning, subject, "`serve` could not begin, only CGI would do: \(error.sentence)")
                : CheckResult(.bad, subject, "`serve` could not begin: \(error.sentence)")
        }
    }
}
