import Formats
import Ledger

extension Figures {
    /// Prometheus' text format (version 0.0.4).
    package var prometheus: [UInt8] {
        var text = ByteBuffer(capacity: 4096)
        func begin(_ name: StaticString, _ help: StaticString) {
            text.append("# HELP ")
            text.append(name)
            text.append(" ")
            text.append(help)
            text.append("\n# TYPE ")
            text.append(name)
            text.append(" gauge\n")
        }
        func gauge(_ name: StaticString, _ help: StaticString, _ values: [(label: StaticString, value: Int?)]) {
            guard values.contains(where: { $0.value != nil }) else { return }
            begin(name, help)
            for (label, value) in values {
                guard let value else { continue }
                text.append(name)
                text.append(label)
                text.append(" ")
                text.appendDigits(value)
                text.append("\n")
            }
        }
        /// One value of each follower that can be read.
        func follower(_ name: StaticString, _ help: StaticString, _ values: [Int]) {
            let readable = zip(followers, values).filter { $0.0.cursor != nil }
            if readable.isEmpty { return }
            begin(name, help)
            for (report, value) in readable {
                text.append(name)
                text.append("{cursor=\"")
                // What a label's value must not hold as it is.
                let label = report.name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                text.append(Array(label.replacing("\n", with: "\\n").utf8))
                text.append("\"} ")
                text.appendDigits(value)
                text.append("\n")
            }
        }
        func gauge(_ name: StaticString, _ help: StaticString, _ value: Int?) { gauge(name, help, [("", value)]) }
        gauge(
            "khoins_up", "Whether a callback could be stored now.", untried != nil ? nil : failure == nil ? 1 : 0)
        gauge(
            "khoins_last_callback_timestamp_seconds", "When the newest callback came.",
            newest.map { Int($0.seconds) })
        gauge(
            "khoins_transactions_today", "Transactions whose status came today, by status.",
            [
                ("{status=\"success\"}", today.success), ("{status=\"failed\"}", today.failed),
                ("{status=\"pending\"}", today.pending), ("{status=\"other\"}", today.other),
            ])
        gauge("khoins_spent_today_rupiah", "Rupiah of today's successful transactions.", today.spent)
        gauge("khoins_balance_rupiah", "Balance at KHOINS, as its newest callback says.", balance?.rupiah)
        gauge("khoins_pending_too_long", "Transactions that wait for more than ten minutes.", late)
        gauge("khoins_reversed_today", "Transactions of today whose final status was replaced.", reversed)
        gauge("khoins_unclear_today", "Transactions of today whose status could not be read.", unclear)
        gauge("khoins_rejected_today", "Deliveries of today that were no callbacks.", rejected)
        let seconds = followers.map { report in
            Int(report.backlogSince.map { max(0, now.seconds - $0.seconds) } ?? 0)
        }
        follower("khoins_follower_behind_entries", "Entries that a follower has not told of.", followers.map(\.backlog))
        follower("khoins_follower_behind_seconds", "How long the oldest of them has waited.", seconds)
        follower(
            "khoins_follower_stuck_entries", "Of them, those that wait for another try.", followers.map(\.waiting.count)
        )
        gauge("khoins_free_bytes", "Bytes that are free for the data directory.", bytes?.free)
        gauge("khoins_size_bytes", "Bytes of its file system.", bytes?.all)
        gauge("khoins_free_inodes", "Files that can still be made.", files?.free)
        gauge("khoins_journal_bytes", "Bytes of the journal.", journalBytes)
        gauge(
            "khoins_oldest_entry_timestamp_seconds", "When the oldest callback in the journal came.",
            oldestEntry.map { Int($0.seconds) })
        for gauge in cluster?.gauges ?? [] { text.append(gauge) }
        gauge(
            "khoins_passed_over", "Files and records that were not there, damaged or could not be read.",
            unreadable.count + damaged.count + missing.count)
        gauge("khoins_archive_due", "Whether archive should be run.", isArchiveDue ? 1 : 0)
        return text.bytes
    }

    /// One object on one line.
    package var json: [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.open("{")
        if untried == nil {
            json.next()
            json.key("ok")
            json.bool(failure == nil)
        }
        json.member("failure", failure)
        json.member("untried", untried)
        json.member("lastCallback", newest?.iso8601())
        json.next()
        json.key("today")
        json.open("{")
        json.member("success", today.success)
        json.member("failed", today.failed)
        json.member("pending", today.pending)
        json.member("other", today.other)
        json.member("spent", today.spent)
        json.close("}")
        json.member("balance", balance?.rupiah)
        json.member("balanceAt", balance?.at.iso8601())
        json.member("pendingTooLong", late)
        json.member("reversed", reversed)
        json.member("unclear", unclear)
        json.member("rejected", rejected)
        if !followers.isEmpty {
            json.next()
            json.key("followers")
            json.open("[")
            for report in followers {
                json.next()
                json.open("{")
                json.member("cursor", report.name)
                json.mark("damaged", report.cursor == nil)
                json.member("behind", report.backlog)
                json.member("behindSince", report.backlogSince?.iso8601())
                json.member("stuck", report.waiting.count)
                json.mark("late", report.isLate(now))
                json.close("}")
            }
            json.close("]")
        }
        if let cluster {
            json.begin("cluster")
            cluster.write(&json)
        }
        json.member("freeBytes", bytes?.free)
        json.member("freeInodes", files?.free)
        json.member("journalBytes", journalBytes)
        json.member("oldestEntry", oldestEntry?.iso8601())
        json.mark("archiveDue", isArchiveDue)
        json.mark("partial", isPartial || isLatePartial)
        func list(_ key: StaticString, _ paths: [String]) {
            if paths.isEmpty { return }
            json.next()
            json.key(key)
            json.open("[")
            for path in paths {
                json.next()
                json.string(path)
            }
            json.close("]")
        }
        list("unreadable", unreadable)
        list("damagedFiles", damaged)
        list("missingFiles", missing)
        json.close("}")
        return json.bytes
    }
}
