import Formats
import Glibc
import Journal
import Ledger
import System

/// Looks at the data directory, the room it has, and the clock that its entries were written by.
package enum DirectoryCheck {
    /// Seconds that others may keep the journal's lock; a callback waits longer.
    private static let lockTimeout = 3

    /// - Parameter fileLimit: How many files the host allows, where it counts them itself.
    package static func results(path: String, fileLimit: Int?, now: Timestamp, zone: Zone) -> [CheckResult] {
        guard let rights = try? Directory(openingPath: path).rights(of: ".") else {
            return asThisUser(path, fileLimit, now, zone, isOwner: false)
        }
        // What root may do says nothing about who serves.
        return OtherUser.acting(as: rights.owner, group: rights.group) {
            asThisUser(path, fileLimit, now, zone, isOwner: true)
        } ?? asThisUser(path, fileLimit, now, zone, isOwner: false)
    }

    private static func asThisUser(
        _ path: String, _ fileLimit: Int?, _ now: Timestamp, _ zone: Zone, isOwner: Bool
    ) -> [CheckResult] {
        do throws(LedgerError) {
            let snapshot = try Snapshot(lookingAt: path)
            guard snapshot.isThere else { return [absent(path, isRoot: geteuid() == 0)] }
            let inspection = try Inspection(path: path)
            let parts = parts(path, snapshot.missing, isEmpty: try snapshot.isEmpty())
            var results = [directory(path, inspection, user: geteuid())] + [parts].compactMap { $0 }
            results += [
                room(inspection.bytes),
                inspection.files.map(files) ?? CheckResult(.ok, "files", "the file system does not limit their number"),
            ]
            if let fileLimit { results.append(count(try Inspection.fileCount(path: path), of: fileLimit)) }
            if case .held(let holder) = LockState.tried(at: path, within: lockTimeout) {
                results.append(lock(heldBy: holder))
            } else if isOwner {
                let isWhole = snapshot.missing.isEmpty
                results.append(StoringCheck.result(path: path, isWhole: isWhole, within: lockTimeout))
            } else {
                results.append(StoringCheck.skipped(owner: inspection.directory.owner))
            }
            results.append(journal(inspection, now))
            if let rejected = rejected(try snapshot.rejectionCount(), now, zone) { results.append(rejected) }
            return results + [clock(inspection.newestEntry, now, zone)]
        } catch {
            return [
                CheckResult(.bad, "data directory", error.explanation)
            ]
        }
    }

    package static func directory(_ path: String, _ inspection: Inspection, user: UInt32) -> CheckResult {
        let subject = "data directory"
        let owner = inspection.directory.owner
        if let foreign = inspection.items.first(where: { $0.owner != owner }) {
            return CheckResult(
                .bad, subject,
                "\(path)/\(foreign.path) belongs to user \(foreign.owner), the directory to user \(owner): "
                    + "`chown -R \(owner) \(path)`")
        }
        if let locked = ([inspection.directory] + inspection.items).first(where: { !$0.isWritable }) {
            // Whoever looks need not be the one who writes; that one is the directory's owner.
            return user == owner
                ? CheckResult(
                    .bad, subject, "its owner may not write to \(path)/\(locked.path): `chmod -R u+rwX \(path)`")
                : CheckResult(
                    .warning, subject, "user \(user) may not write to \(path), user \(owner) may: run this as that user"
                )
        }
        if inspection.directory.mode & 0o007 != 0 {
            return CheckResult(.warning, subject, "anybody on this machine may look into \(path): `chmod 750 \(path)`")
        }
        if path.first != "/" {
            return CheckResult(
                .warning, subject, "“\(path)” depends on where the program is started: set the path from / on")
        }
        return CheckResult(
            .ok, subject,
            inspection.isUsed
                ? path : "\(path), still empty: the first callback makes what belongs into it")
    }

    /// The directory is not there: whoever serves makes it, where that user may.
    private static func absent(_ path: String, isRoot: Bool) -> CheckResult {
        let parent = Snapshot.parent(of: path)
        if !isRoot, access(parent, W_OK | X_OK) == 0 {
            return CheckResult(
                .warning, "data directory",
                "\(path) is not there yet: `khoins-callback serve` or the first callback makes it, run by this user or another who may write to \(parent)"
            )
        }
        return CheckResult(
            .bad, "data directory",
            "\(path) is not there: make it, owned by the user that the program runs as; that one makes it by itself only if it may write to \(parent)"
        )
    }

    /// What is missing, though something was kept or begun; `nil` where nothing is to be said.
    package static func parts(_ path: String, _ missing: Set<Snapshot.Part>, isEmpty: Bool) -> CheckResult? {
        let subject = "directories"
        let names = Snapshot.Part.allCases.filter { missing.contains($0) }.map { "\($0.rawValue)/" }
        if names.isEmpty || isEmpty && names.count == Snapshot.Part.allCases.count { return nil }
        let list = names.joined(separator: ", ")
        let maker = "`khoins-callback serve` or the next callback makes what is missing"
        if missing.contains(.journal), !isEmpty {
            return CheckResult(
                .warning, subject,
                "\(list) missing in \(path), though there are records: bring them back from a backup if there is one; \(maker), empty"
            )
        }
        return CheckResult(.warning, subject, "\(list) missing in \(path): \(maker)")
    }

    /// Microseconds for which a rejected delivery is news.
    private static let newsTime: Int64 = 7 * 86_400_000_000

    package static func rejected(_ count: RejectionCount, _ now: Timestamp, _ zone: Zone) -> CheckResult? {
        guard let words = count.words(zone), let newest = count.newest else { return nil }
        let isNews = newest.microseconds > now.microseconds - newsTime
        return CheckResult(isNews ? .warning : .ok, "rejected", words)
    }

    package static func room(_ room: Inspection.Room) -> CheckResult {
        let words = "\(grouped(room.free >> 20)) MiB free of \(grouped(room.all >> 20))"
        if room.free < 64 << 20 { return CheckResult(.bad, "free space", "\(words): make room, callbacks get 503") }
        if room.free < 1 << 30 || room.free < room.all / 20 {
            return CheckResult(.warning, "free space", "\(words): make room, or `khoins-callback archive` old records")
        }
        return CheckResult(.ok, "free space", words)
    }

    package static func files(_ room: Inspection.Room) -> CheckResult {
        let words = "\(grouped(room.free)) more can be made, of \(grouped(room.all))"
        if room.free < 100 { return CheckResult(.bad, "files", "\(words): `khoins-callback archive` old records") }
        if room.free < 20_000 || room.free < room.all / 20 {
            return CheckResult(.warning, "files", "\(words): `khoins-callback archive` old records")
        }
        return CheckResult(.ok, "files", words)
    }

    package static func count(_ count: Int, of limit: Int) -> CheckResult {
        let words = "\(grouped(count)) of the \(grouped(limit)) that the host allows"
        if count >= limit { return CheckResult(.bad, "file limit", "\(words): `khoins-callback archive` old records") }
        return count > limit - limit / 5
            ? CheckResult(.warning, "file limit", "\(words): `khoins-callback archive` old records")
            : CheckResult(.ok, "file limit", words)
    }

    package static func lock(heldBy holder: LockHolder?) -> CheckResult {
        let subject = "lock"
        guard let holder else {
            return CheckResult(
                .bad, subject,
                "a process that cannot be seen from here has held the journal's lock for \(lockTimeout) s: callbacks get 503 until it lets go"
            )
        }
        let words =
            "process \(holder.process) (\(holder.program.printable)) has held the journal's lock for \(lockTimeout) s: "
            + "callbacks get 503 until it lets go"
        return CheckResult(
            .bad, subject,
            holder.isStopped
                ? "\(words); it is stopped: `fg` in its terminal, or `kill -CONT \(holder.process)`" : words)
    }

    package static func journal(_ inspection: Inspection, _ now: Timestamp) -> CheckResult {
        guard let newest = inspection.newestCallback else {
            return CheckResult(.ok, "journal", "no callback has come yet")
        }
        let age = max(0, now.microseconds - newest.microseconds)
        let words = "the newest callback came \(duration(microseconds: age)) ago"
        switch inspection.unacknowledgedBytes {
        case .none: return CheckResult(.ok, "journal", "\(words); the first callback after a restart puts it in order")
        case .some(0): return CheckResult(.ok, "journal", words)
        case .some(let bytes):
            return CheckResult(
                .warning, "journal",
                "\(words); \(bytes) bytes of a process that is at work or died, which the next callback settles")
        }
    }

    package static func clock(_ newest: Timestamp?, _ now: Timestamp, _ zone: Zone) -> CheckResult {
        let words = LocalTime(now, zone).text
        if !(2024...2100).contains(now.civil().year) {
            return CheckResult(.warning, "clock", "\(words) cannot be right: set the clock, and let NTP keep it")
        }
        if let newest, newest.microseconds > now.microseconds + 300_000_000 {
            return CheckResult(
                .warning, "clock",
                "\(words), but the journal's newest entry is of \(LocalTime(newest, zone).text): set the clock, and let NTP keep it"
            )
        }
        return CheckResult(.ok, "clock", words)
    }
}
