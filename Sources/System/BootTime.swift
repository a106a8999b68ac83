import Glibc

/// What the machine's clocks say of its start. All containers of one machine see the same, unlike what /proc shows, which
/// may be another file in each; only a time namespace may see another start.
package struct BootTime: Equatable, Sendable {
    /// How far the clock may be moved at once, in seconds, and it is the same start still. No machine starts that fast.
    private static let tolerance = 2

    /// Seconds from 1970 to the start of the machine.
    package var start: Int
    /// Seconds since then.
    package var uptime: Int

    package init(start: Int, uptime: Int) {
        self.start = start
        self.uptime = uptime
    }

    package static var now: BootTime {
        var wall = timespec()
        var sinceBoot = timespec()
        clock_gettime(CLOCK_BOOTTIME, &sinceBoot)
        clock_gettime(CLOCK_REALTIME, &wall)
        return BootTime(start: wall.tv_sec - sinceBoot.tv_sec, uptime: sinceBoot.tv_sec)
    }

    /// Whether this is a later moment of the same start of the machine. Where the clock was set meanwhile it says `false`.
    ///
    /// A machine whose clock stands still while it is off starts at the same time again and again: its uptime tells, but
    /// for a start that was used only for a moment.
    package func continues(_ earlier: BootTime) -> Bool {
        let difference = start.subtractingReportingOverflow(earlier.start)
        return !difference.overflow && (-Self.tolerance...Self.tolerance).contains(difference.partialValue)
            && uptime >= earlier.uptime
    }
}
