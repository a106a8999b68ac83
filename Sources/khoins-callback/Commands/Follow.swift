import ArgumentParser
import Formats
import Gateway
import Glibc
import Journal
import KHOINS
import Ledger
import Operations
import System

struct Follow: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show every change as it happens, or tell the shop of each.",
        discussion: """
            One line for each delivery that went into a record, once it is safely stored: time, trxid, status, product, \
            destination, Rupiah, what it did to the record (created, updated, duplicate), and SN or reason. On a narrow \
            terminal some of these are left out. With --json, one object a line: \
            {"position", "trxid", "memberid", "status", "result", "record"}; what is unknown is left out. The record is \
            the one as it is now, never an older state of it.

            With --cursor NAME, goes on where that name stopped, even after kill -9: nothing is left out. With --kind, \
            --only, --product, --destination or --search only changes of records that are so now are shown.

            With --tell, tells the shop as the settings say: with KHOINS_FORWARD each delivery is POSTed to that URL as \
            it came, with KHOINS_EXEC that command is run for each. Told are those that set or confirmed the status \
            that stands; with --all late ones and repeats too. Its cursor is “shop” unless --cursor names another; a new \
            one begins with the newest entry, with --from start at the oldest. --forward URL and --exec COMMAND do the \
            same by hand.

            --forward adds the headers X-Khoins-Trxid, X-Khoins-Status, X-Khoins-Position and Idempotency-Key, which \
            is the same at each try. An answer of 2xx is success, 410 gives that one up, 429 and 503 put it off for \
            their Retry-After; after any other, or after 15 s of silence, it is sent again.

            --exec runs /bin/sh -c COMMAND: the record's JSON on standard input; KHOINS_TRXID, KHOINS_STATUS, \
            KHOINS_RESULT, KHOINS_POSITION (never the same for two changes) and KHOINS_FILE (where the record lies, \
            unless archived) in the environment. A command that does not exit with 0 is run again.

            Each is told at least once, those of one trxid one after another; what fails is told again after 1 s, 2 s \
            and so on up to 15 min, and holds up its own trxid alone. SIGTERM lets running commands finish. Started by \
            root, all of it runs as the owner of the data directory.

            Examples:
              khoins-callback follow --since today --only Gagal --only Pending
              khoins-callback follow --json | jq .record.price
              khoins-callback follow --tell
              khoins-callback follow --exec 'php /srv/shop/callback.php'
              khoins-callback follow --status
            """)

    enum Beginning: String, CaseIterable, ExpressibleByArgument {
        case start
        case now
    }

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Option(
        help: """
            Where to begin: at the start of the journal, or now. With a cursor it counts only until that has a place. \
            Now unless set; with --tell, --exec or --forward the newest entry; else with --cursor or --once the start.
            """)
    var from: Beginning?

    @Option(help: .hidden, transform: Self.position)
    var fromEntry: Position?

    @Option(
        help: ArgumentHelp(
            "Begin with what came since: 2h, 3d, today, yesterday, 2026-11-22, or “2026-11-22 15:00”.",
            valueName: "time"),
        transform: TimeArgument.init)
    var since: TimeArgument?

    @Option(
        help: ArgumentHelp("Show only transactions, or only topups.", valueName: "kind"),
        completion: .list(["transaction", "topup"]), transform: SelectionOptions.kind)
    var kind: SelectionOptions.Kind?

    @Option(
        help: ArgumentHelp(
            """
            Show only what has this status, in any of its words and in any case (Gagal, failed), or bears this mark: \
            reversed, unclear, damaged; can be repeated. As --status of list.
            """, valueName: "status"),
        completion: .list(Status.allCases.map(\.rawValue) + RecordSelection.Mark.allCases.map(\.rawValue)),
        transform: SelectionOptions.status)
    var only: [SelectionOptions.StatusChoice] = []

    @OptionGroup var content: ContentOptions

    @Flag(help: "Print one JSON object a line.")
    var json = false

    @Option(help: ArgumentHelp("Remember under this name how far it has come, in DATA/.cursors.", valueName: "name"))
    var cursor: String?

    @Flag(help: "Tell the shop as KHOINS_FORWARD or KHOINS_EXEC says; the cursor is “shop” unless set.")
    var tell = false

    @Option(help: ArgumentHelp("Run this for each change; its cursor is “shop” unless set.", valueName: "command"))
    var exec: String?

    @Option(
        help: ArgumentHelp(
            """
            POST each delivery to this URL; its cursor is “shop” unless set. A URL with a secret belongs into \
            KHOINS_FORWARD: arguments are seen by all.
            """, valueName: "url"))
    var forward: String?

    @Flag(help: "Tell of late deliveries, older imports and repeats too.")
    var all = false

    @Option(help: ArgumentHelp("Commands or connections that run at once, for different trxids.", valueName: "n"))
    var parallel = 4

    @Option(
        help: ArgumentHelp("A command that runs longer is ended, and has failed; 60s unless set.", valueName: "time"),
        transform: { try Self.milliseconds($0) })
    var execTimeout: Int64 = 60_000

    @Flag(
        help: """
            Do what there is, then end, as for cron. What fails is left for the next run; the exit status is 1 then.
            """)
    var once = false

    @Option(
        help: ArgumentHelp("End after so long without anything to tell now, such as 10s.", valueName: "time"),
        transform: { try Self.milliseconds($0) })
    var untilIdle: Int64?

    @Flag(help: "Show how each cursor stands: how far behind, what is stuck, since when and why.")
    var status = false

    @Option(
        help: ArgumentHelp("Give up what waits of this trxid; its cursor is “shop” unless set.", valueName: "trxid"),
        completion: .waitingIDs)
    var skip: String?

    @Option(
        help: ArgumentHelp(
            "Tell everything since then once more (2h, 2026-11-22); its cursor is “shop” unless set.", valueName: "time"
        ),
        transform: { try TimeArgument($0) })
    var rewind: TimeArgument?

    @Flag(help: "Ask nothing before --skip and --rewind.")
    var yes = false

    private var tellsShop: Bool { tell || exec != nil || forward != nil }

    private var isFiltered: Bool { kind != nil || !only.isEmpty || !content.isEmpty }

    private var selection: RecordSelection {
        var selection = RecordSelection()
        if case .records(let kind) = kind { selection.kind = kind }
        selection.statuses = Set(only.compactMap(\.status))
        selection.marks = Set(only.compactMap(\.mark))
        content.narrow(&selection)
        return selection
    }

    func validate() throws {
        if [tell, exec != nil, forward != nil, status, skip != nil, rewind != nil].count(where: { $0 }) > 1 {
            throw ValidationError("Only one of --tell, --exec, --forward, --status, --skip and --rewind can be had.")
        }
        if exec != nil, json {
            throw ValidationError("--json goes without --exec: the command gets the record on its standard input.")
        }
        if tellsShop, json { throw ValidationError("--json goes without --tell and --forward: nothing is printed.") }
        if all, !tellsShop {
            throw ValidationError("--all goes with --tell, --exec or --forward; without them, all is shown.")
        }
        if untilIdle != nil, !tellsShop {
            throw ValidationError("--until-idle goes with --tell, --exec or --forward.")
        }
        if tellsShop || status || skip != nil || rewind != nil, isFiltered || since != nil {
            throw ValidationError(
                "--since, --kind, --only, --product, --destination and --search are for what is shown: the shop is told of all."
            )
        }
        if kind == .rejected {
            throw ValidationError("What was rejected went into no record: list --kind rejected shows it.")
        }
        if from != nil, since != nil { throw ValidationError("Only one of --from and --since can be had.") }
        if from != nil, fromEntry != nil { throw ValidationError("Only one of --from and --from-entry can be had.") }
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel takes a number from 1 to 256.") }
        if cursor?.isEmpty == true { throw ValidationError("--cursor takes a name.") }
    }

    func run() throws {
        try reportingProblems {
            if status { return try showStatus() }
            if let skip { return try self.skip(skip.identifier ?? skip) }
            if let rewind { return try self.rewind(to: rewind.moment(try zone.zone(options))) }
            let way = try way()
            if way != nil { FollowNotices.keep(inFile: try options.values().logFile) }
            try way?.check()
            do {
                try follow(way)
            } catch LedgerError.inUse(let path) {
                try sayInUse(path)
            } catch LedgerError.damaged(let path) where CursorFile.isPath(path) {
                throw fail("\(path.printable) cannot be read: \(CursorReport.cure(of: cursor ?? "shop"))")
            }
        }
    }
}

extension Follow {
    private func follow(_ way: ShopTelling.Way?) throws {
        let path = try absolute(try options.values().dataDirectory())
        let zone = try zone.zone(options)
        // Whoever keeps a cursor writes to the directory anyway, and may come before the first callback.
        if cursor != nil || tellsShop { try options.ledger().ledger.prepare() }
        let name = cursorName(in: path)
        #if Cluster
            var turn: FollowTurn?
            defer { turn?.end() }
            if way != nil, let name {
                let waited = try FollowTurn.wait(
                    options.values(), path, cursor: name, ends: once || untilIdle != nil)
                if waited.isOthers { return }
                turn = waited.turn
            }
        #endif
        // Handlers start one after another of those that end when nothing is left: they do not queue up.
        let patience = untilIdle == nil ? CursorFile.patience : 0
        guard
            let source = try FollowSource(
                path: path, cursor: name, from: beginning(path, zone), zone: zone, patience: patience)
        else {
            throw ValidationError("The name of the cursor is too long.")
        }
        source.isImpatient = once && name == nil
        let wakeup = try FollowWakeup(path: path)
        guard let way else {
            let hasPassedOver = try FollowLines(source, wakeup, selection, json: json, once: once, zone: zone).run()
            if once, hasPassedOver { throw ExitStatus.found }
            return
        }
        let choices = ShopTelling.Choices(once: once, untilIdle: untilIdle, all: all)
        guard let telling = try ShopTelling(source, wakeup, way, path: path, choices) else { return }
        let left = try telling.run()
        if left > 0 || once && source.hasPassedOver { throw ExitStatus.found }
    }

    /// How the shop is told; `nil` where it is not.
    private func way() throws(Settings.Problem) -> ShopTelling.Way? {
        let way: TellSettings.Way
        if let exec {
            way = .exec(exec)
        } else if let forward {
            way = .forward(try ForwardURL(forward, called: "--forward"))
        } else if tell {
            guard let settings = try options.values().tell() else {
                throw Settings.Problem(
                    "nothing says how the shop is told: set KHOINS_FORWARD to a URL of the shop, or KHOINS_EXEC to a command"
                )
            }
            way = settings.way
        } else {
            return nil
        }
        return ShopTelling.Way(way, parallel: parallel, execTimeout: execTimeout)
    }

    /// - Parameter path: The data directory.
    private func cursorName(in path: String) -> String? {
        if let cursor { return cursor }
        guard tellsShop else { return nil }
        // By hand, `--exec` had a cursor of this name before it had the shop's. Who comes from there goes on from there.
        let isKnown = ["shop", "exec"].map { CursorStart(path: path, cursor: $0)?.hasCursor == true }
        return exec != nil && isKnown == [false, true] ? "exec" : "shop"
    }

    /// - Parameter path: The data directory.
    private func beginning(_ path: String, _ zone: Zone) throws -> FollowStart {
        if let since {
            let first = try JournalFollower(path: path).position(since: since.moment(zone))
            return first.map { .entry($0) } ?? .now
        }
        return switch (from, fromEntry) {
        case (.start, _): .start
        case (.now, _): .now
        case (nil, let entry?): .entry(entry)
        case (nil, nil): tellsShop ? .newest : cursor != nil || once ? .start : .now
        }
    }

    /// Another process has the cursor: the run before, which does what this one would; or somebody to be named.
    private func sayInUse(_ path: String) throws {
        if untilIdle != nil { return }
        var sentence = LedgerError.inUse(path: path).explanation
        if tellsShop, let data = try? options.values().dataDirectory(), let name = cursorName(in: data),
            let holder = try? CursorFile.holder(path: data, name: name)
        {
            sentence += ": \(holder.program.printable), process \(holder.process)"
        }
        if !once { throw fail(sentence) }
        StandardError.write("khoins-callback: \(sentence)\n")
    }

    /// Commands may change their directory, and get a path that is right wherever they are.
    private func absolute(_ path: String) throws -> String {
        if path.hasPrefix("/") { return path }
        do throws(LedgerError) { return "\(try Directory.currentPath())/\(path)" } catch {
            throw Settings.Problem("the current directory cannot be told: \(error.reason)")
        }
    }

    private static func position(_ text: String) throws -> Position {
        guard let position = Position(text) else { throw ValidationError("“\(text)” is no number of an entry.") }
        return position
    }

    private static func milliseconds(_ text: String) throws -> Int64 {
        if text.hasSuffix("ms"), let count = decimal(text.dropLast(2).utf8), (1...1_000_000_000).contains(count) {
            return Int64(count)
        }
        guard let length = TimeArgument.length(text), length > 0 else {
            throw ValidationError("“\(text)” is no length of time: take 20ms, 10s or 2m.")
        }
        return length / 1_000
    }
}
