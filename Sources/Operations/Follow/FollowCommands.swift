import Glibc
import Journal
import KHOINS
import Ledger
import System

/// Runs a command for each change, and moves the cursor past those it was run for.
package final class FollowCommands {
    /// Changes that are read but not done, at most: what can pile up while the command fails for all.
    private static let window = 4_096

    private let source: FollowSource
    private let wakeup: FollowWakeup
    private let command: ExecCommand
    private let once: Bool
    private var dispatcher: Dispatcher
    private var running: [pid_t: (name: RecordName, title: String)] = [:]

    package init(
        _ source: FollowSource, _ wakeup: FollowWakeup, command: String, path: String, parallel: Int, once: Bool
    ) {
        self.source = source
        self.wakeup = wakeup
        MemoryFile.lastResort(path)
        self.command = ExecCommand(command, dataDirectory: path)
        self.once = once
        dispatcher = Dispatcher(parallel: parallel, retries: !once)
    }

    /// Runs until told to stop, or until all is done.
    ///
    /// - Returns: How many changes are left.
    package func run() throws(LedgerError) -> Int {
        FollowNotices.startThread()
        defer { FollowNotices.finish() }
        try takeUpUnfinished()
        let last = once ? try source.end() : nil
        while true {
            reap()
            var isAllRead = wakeup.stops > 0
            if !isAllRead {
                isAllRead = try read(before: once ? last : try source.end())
                try start()
            }
            try source.keep(unfinished: dispatcher.unfinished)
            if wakeup.stops > 0, dispatcher.runningCount == 0 || wakeup.stops > 1 { return 0 }
            if once, dispatcher.isAtRest, isAllRead || dispatcher.count >= Self.window { return dispatcher.count }
            wakeup.wait(until: wakeup.stops > 0 ? nil : dispatcher.nextMoment(after: FollowWakeup.now))
        }
    }

    private func takeUpUnfinished() throws(LedgerError) {
        for position in source.unfinished {
            if let change = try source.change(at: position) {
                dispatcher.add(position, of: change.name, now: FollowWakeup.now)
            } else {
                FollowNotices.say("the journal has nothing at \(position) any more; left out")
            }
        }
    }

    /// Reads as much as there is room for.
    ///
    /// - Returns: Whether that was all.
    private func read(before end: Position?) throws(LedgerError) -> Bool {
        while dispatcher.count < Self.window {
            guard let changes = try source.next(before: end) else { return true }
            for change in changes where change.change != .duplicate {
                dispatcher.add(change.position, of: change.name, now: FollowWakeup.now)
            }
        }
        return false
    }

    private func start() throws(LedgerError) {
        while let (position, name) = dispatcher.next(now: FollowWakeup.now) {
            guard let change = try source.change(at: position) else {
                FollowNotices.say("the journal has nothing at \(position) any more; left out")
                dispatcher.finish(name, succeeded: true, now: FollowWakeup.now)
                continue
            }
            let title = change.record.callback.trxid ?? name.file
            do throws(LedgerError) {
                running[try command.start(for: change)] = (name, title)
            } catch {
                failed(name, title, "could not be started: \(error.reason)")
            }
        }
    }

    /// Takes note of commands that have ended.
    private func reap() {
        var status: Int32 = 0
        while case let pid = waitpid(-1, &status, WNOHANG), pid > 0 {
            guard let (name, title) = running.removeValue(forKey: pid) else { continue }
            let signal = status & 0x7F
            if status == 0 {
                dispatcher.finish(name, succeeded: true, now: FollowWakeup.now)
            } else {
                failed(name, title, signal == 0 ? "exited with \(status >> 8 & 0xFF)" : "was ended by signal \(signal)")
            }
        }
    }

    private func failed(_ name: RecordName, _ title: String, _ what: String) {
        let pause = dispatcher.finish(name, succeeded: false, now: FollowWakeup.now)
        let again = pause.map { "again in \($0 / 1_000) s" } ?? "left for the next run"
        FollowNotices.say("the command for \(title.printable) \(what); \(again)")
    }
}
