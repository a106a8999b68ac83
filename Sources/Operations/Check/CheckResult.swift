import Formats

/// What one look at the installation came to.
package struct CheckResult: Equatable {
    package enum Verdict: String {
        case ok
        /// Callbacks are stored, but something should be looked after.
        case warning
        /// Callbacks would fail.
        case bad
        /// It was not looked at.
        case skipped = "-"
    }

    package var verdict: Verdict
    /// What was looked at.
    package var subject: String
    /// What was seen and, unless that is fine, what to do.
    package var words: String

    package init(_ verdict: Verdict, _ subject: String, _ words: String) {
        self.verdict = verdict
        self.subject = subject
        self.words = words
    }

    package var style: Style {
        switch verdict {
        case .ok: .green
        case .warning: .yellow
        case .bad: .red
        case .skipped: .faint
        }
    }

    package var json: String {
        var writer = JSONWriter()
        writer.object([
            ("check", subject), ("result", verdict == .skipped ? "skipped" : verdict.rawValue), ("detail", words),
        ])
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
