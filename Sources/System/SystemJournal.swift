import Glibc

/// How grave a line of a log is: the prefix that systemd's journal takes for its priority (sd-daemon(3)).
package enum Priority: String, Sendable {
    case error = "<3>"
    case warning = "<4>"
    case info = "<6>"
}

/// Systemd's journal, where what a service says ends up.
package enum SystemJournal {
    /// Whether a descriptor leads there: `JOURNAL_STREAM` names the device and inode of the one that does
    /// (systemd.exec(5)). Programs inherit the variable also where their descriptor leads elsewhere.
    package static func takes(_ descriptor: Int32) -> Bool {
        guard let stream = getenv("JOURNAL_STREAM") else { return false }
        var status = stat()
        return fstat(descriptor, &status) == 0 && String(cString: stream) == "\(status.st_dev):\(status.st_ino)"
    }
}
