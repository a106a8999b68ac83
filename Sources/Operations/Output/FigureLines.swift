import Formats
import Gateway
import Journal
import Ledger

/// The installation's figures in words, a line each.
package struct FigureLines {
    package struct Line {
        package var name: String
        package var words: String
        package var style: Style
    }

    /// What was passed over is named one by one, up to so many.
    private static let named = 5

    package private(set) var lines: [Line] = []

    package init(_ figures: Figures) {
        let now = figures.now
        if let failure = figures.failure {
            add("Callbacks", "cannot be stored: \(failure)", .red)
        } else if let untried = figures.untried {
            add("Callbacks", "not tried whether they can be stored: \(untried)", .yellow)
        } else {
            add("Callbacks", "can be stored", .green)
        }
        if let newest = figures.newest {
            add(
                "Last callback",
                "\(duration(microseconds: now.microseconds - newest.microseconds)) ago, \(LocalTime(newest, figures.zone).text)"
            )
        } else {
            add("Last callback", "none yet")
        }
        // Before the first entry there is nothing to count.
        guard figures.oldestEntry != nil || figures.newest != nil else {
            addCluster(figures)
            addRoom(figures)
            return
        }
        let today = figures.today
        add(
            "Today",
            "\(grouped(today.success)) success, \(grouped(today.failed)) failed, \(grouped(today.pending)) pending"
                + (today.other > 0 ? ", \(grouped(today.other)) other" : "") + "; Rp\(grouped(today.spent)) spent"
                + (figures.isPartial ? " (not all were looked at)" : ""))
        if let balance = figures.balance {
            add(
                "Balance",
                "Rp\(grouped(balance.rupiah)), \(duration(microseconds: now.microseconds - balance.at.microseconds)) ago"
            )
        }
        count(
            "Pending", figures.late,
            (figures.isLatePartial ? "of the last 14 days " : "")
                + "for more than 10 minutes: list --status pending --older-than 10m")
        count("Reversed", figures.reversed, "today: list --status reversed --since today")
        count("Unclear", figures.unclear, "today: list --status unclear --status unknown --since today")
        count("Rejected", figures.rejected, "today: list --kind rejected --since today")
        addFollowers(figures)
        addCluster(figures)
        for path in figures.unreadable { add("Unreadable", path.printable, .red) }
        addPassedOver("Damaged", figures.damaged)
        addPassedOver("Missing", figures.missing)
        addRoom(figures)
        if let oldest = figures.oldestEntry {
            let day = LocalTime(oldest, figures.zone).day
            add(
                "Journal",
                "\(grouped(figures.journalBytes >> 20)) MiB, since \(day)"
                    + (figures.isArchiveDue ? ": archive --older-than 90d is due" : ""),
                figures.isArchiveDue ? .yellow : .plain)
        }
    }

    private mutating func add(_ name: String, _ words: String, _ style: Style = .plain) {
        lines.append(Line(name: name, words: words, style: style))
    }

    private mutating func count(_ name: String, _ count: Int, _ words: String) {
        add(name, count == 0 ? "0" : "\(grouped(count)) \(words)", count == 0 ? .plain : .yellow)
    }

    private mutating func addPassedOver(_ name: String, _ paths: [String]) {
        for path in paths.prefix(Self.named) { add(name, "\(path.printable): verify", .red) }
        if paths.count > Self.named { add(name, "and \(grouped(paths.count - Self.named)) more: verify", .red) }
    }

    private mutating func addFollowers(_ figures: Figures) {
        let others = (figures.cluster?.tellers ?? [:]).filter { figures.cluster?.otherTeller(of: $0.key) != nil }
        for (cursor, holder) in others.sorted(by: { $0.key < $1.key }) {
            add("Followers", "\(cursor.printable) is told by \(holder)")
        }
        if figures.followers.isEmpty, others.isEmpty { return add("Followers", "none") }
        for report in figures.followers {
            let name = report.name.printable
            guard report.cursor != nil else {
                add("Followers", "\(name) cannot be read: \(report.cure)", .red)
                continue
            }
            guard report.backlog > 0 else {
                add("Followers", "\(name) has told all")
                continue
            }
            let since = report.backlogSince.map {
                ", since \(duration(microseconds: figures.now.microseconds - $0.microseconds))"
            }
            let isLate = report.isLate(figures.now)
            add(
                "Followers",
                "\(name) is behind by \(grouped(report.backlog)) \(report.backlog == 1 ? "entry" : "entries")\(since ?? "")"
                    + (isLate ? ": follow --status" : ""), isLate ? .red : .plain)
        }
    }

    private mutating func addCluster(_ figures: Figures) {
        guard let cluster = figures.cluster else { return }
        if let problem = cluster.problem {
            return add("Cluster", "this is \(cluster.identity.member): \(problem)", .red)
        }
        let size = cluster.size.map { "; etcd needs \(grouped($0 >> 20)) MiB" } ?? ""
        add("Cluster", cluster.words + size)
        for trouble in cluster.troubles { add("Cluster", trouble, .red) }
    }

    private mutating func addRoom(_ figures: Figures) {
        if let bytes = figures.bytes {
            add(
                "Room", "\(grouped(bytes.free >> 20)) MiB free of \(grouped(bytes.all >> 20))",
                Figures.isLittle(bytes) ? .red : .plain)
        }
        if let files = figures.files {
            add(
                "Inodes", "\(grouped(files.free)) of \(grouped(files.all)) free",
                Figures.isLittle(files) ? .red : .plain)
        }
    }
}
