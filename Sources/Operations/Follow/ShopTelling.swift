import Formats
import Glibc
import Journal
import KHOINS
import Ledger
import System

/// Tells the shop of each entry that concerns it, at least once and in order for each record, and moves the cursor past
/// those it was told of.
package final class ShopTelling {
    package struct Choices: Sendable {
        /// Does what there is, then ends; what fails is left.
        package var once = false
        /// Ends after so many milliseconds without anything to tell now.
        package var untilIdle: Int64?
        /// Tells of repeats, late ones and older imports too.
        package var all = false

        package init(once: Bool = false, untilIdle: Int64? = nil, all: Bool = false) {
            self.once = once
            self.untilIdle = untilIdle
            self.all = all
        }
    }

    /// Entries, and bytes of their bodies, that are read and not yet told, at most, but for one piece of the journal.
    private static let window = (entries: 256, bytes: 1 << 20)
    /// Entries that wait for another try, at most: they take memory. Reading stops when there are more.
    private static let maximumWaiting = 65_536
    private static let fewWaiting = 64
    /// Pieces of the journal that are read before somebody looks what has happened meanwhile.
    private static let piecesAtOnce = 4
    /// Milliseconds between two writes of the cursor while there is work, and between two looks at the directory.
    private static let pauses: (keep: Int64, look: Int64) = (200, 500)
    /// Milliseconds for which a shop that cannot be asked is left alone, at most.
    private static let longestHold: Int64 = 30_000

    private let source: FollowSource
    private let wakeup: FollowWakeup
    private let teller: any Teller
    private let choices: Choices
    private var schedule: TellSchedule
    private var notices: NoticeLimit
    private var roomNotices = NoticeLimit(burst: 1)
    private var waiting: WaitingFile
    private var told: ToldFile
    /// What is read, and neither told nor waiting.
    private var held: [Position: Telling] = [:]
    private var heldBytes = 0
    private var isFull = false
    private var failuresOfShop = 0
    /// Somebody was told that the shop could not be asked, and not yet that it can be.
    private var isOutageSaid = false
    private var holdUntil: Int64 = 0
    /// Failed because the shop could not be asked.
    private var failedWithShop: Set<Position> = []
    /// There was no room for the cursor when it was kept last, or that was not tried yet. Nothing is told then: each run
    /// would tell the same once more.
    private var isUnkept = true
    private var lastKept: Int64 = 0
    private var lastLook: Int64 = 0
    private var lastActive: Int64 = 0

    /// - Returns: `nil` if the source has no cursor.
    init?(
        _ source: FollowSource, _ wakeup: FollowWakeup, _ teller: any Teller, parallel: Int, _ choices: Choices
    ) throws(LedgerError) {
        guard let files = try source.files() else { return nil }
        self.source = source
        self.wakeup = wakeup
        self.teller = teller
        self.choices = choices
        (waiting, told) = files
        schedule = TellSchedule(parallel: parallel, retries: !choices.once)
        notices = NoticeLimit(burst: teller.noticesPerMinute)
    }

    /// Runs until told to stop, or until all is done.
    ///
    /// - Returns: How many entries are left.
    package func run() throws(LedgerError) -> Int {
        FollowNotices.startThread()
        defer { FollowNotices.finish() }
        try takeUp()
        try keep(isDue: true)
        let last = choices.once ? try source.end() : nil
        lastActive = FollowWakeup.now
        while true {
            collect()
            var isAllRead = wakeup.stops > 0
            if !isAllRead {
                try look()
                isAllRead = try read(before: choices.once ? last : try source.end())
                try start()
            }
            let isResting = schedule.runningCount == 0
            let isLast = isResting && (choices.once || wakeup.stops > 0)
            try keep(isDue: isResting || FollowWakeup.now - lastKept >= Self.pauses.keep, isLast: isLast)
            if wakeup.stops > 0, isResting || wakeup.stops > 1 { return 0 }
            let canTell = schedule.hasFresh && !isOnHold
            if choices.once, isResting, isAllRead || isFull, isOnHold || !hasDue { return schedule.count }
            if !isResting || canTell || !isAllRead {
                lastActive = FollowWakeup.now
            } else if let idle = choices.untilIdle, FollowWakeup.now - lastActive >= idle, try end() {
                return 0
            }
            if isAllRead || !isResting || isFull { wait() }
        }
    }

    private var isOnHold: Bool { isUnkept || FollowWakeup.now < holdUntil }

    /// Whether there is anything that can be told now.
    private var hasDue: Bool {
        let now = FollowWakeup.now
        return schedule.hasFresh || schedule.nextMoment(after: now).map { $0 <= now } ?? false
    }

    private func wait() {
        if wakeup.stops > 0 { return wakeup.wait(until: teller.nextMoment, or: teller.descriptors) }
        let now = FollowWakeup.now
        var moments = [teller.nextMoment]
        if !isUnkept { moments.append(isOnHold ? holdUntil : schedule.nextMoment(after: now)) }
        if schedule.runningCount > 0 { moments.append(lastKept + Self.pauses.keep) }
        if let idle = choices.untilIdle { moments.append(lastActive + idle) }
        wakeup.wait(until: moments.compactMap { $0 }.min(), or: teller.descriptors)
    }

    /// Ends, unless something has come meanwhile. No entry is left that nobody was woken for:
    ///
    ///     this one                              whoever stored an entry
    ///     looks: nothing to tell
    ///                                           commits the entry
    ///                                           starts another follower, which finds the lock taken and ends
    ///     lets the lock go
    ///     looks once more: there it is
    ///     takes the lock again, or finds that another follower has it, who began after the entry was committed
    ///
    /// An entry that is committed after the second look finds the lock free.
    ///
    /// - Returns: Whether it ends.
    private func end() throws(LedgerError) -> Bool {
        try keep(isDue: true, isLast: true)
        source.release()
        let end = try source.end()
        guard let end, source.readUpTo.map({ $0 < end }) ?? true else { return true }
        guard try source.takeUpAgain() else { return true }
        try takeUp()
        lastActive = FollowWakeup.now
        return false
    }

    /// Takes over what is on the disk.
    private func takeUp() throws(LedgerError) {
        _ = try source.obey()
        schedule.drop(from: .first)
        (held, heldBytes) = ([:], 0)
        guard let files = try source.files() else { return }
        (waiting, told) = files
        let (now, wall) = (FollowWakeup.now, Timestamp.now)
        for (position, entry) in waiting.entries.sorted(by: { $0.key < $1.key }) {
            let rest = (entry.next.microseconds - wall.microseconds) / 1_000
            // Whoever comes once tries everything once, but for what the shop itself has put off.
            let pause = choices.once && !entry.isAsked ? 0 : min(max(rest, 0), TellSchedule.pauses.longest)
            schedule.add(position, lane: entry.lane, failures: entry.tries, at: now + pause)
        }
        for position in source.unfinished where waiting.entries[position] == nil {
            do throws(LedgerError) {
                if let change = try source.change(at: position) { hold(change) } else { sayLost(position) }
            } catch .damaged {
                // Whose it is, nobody can tell now.
                schedule.add(position, lane: 0, failures: 0, at: now)
            }
        }
    }

    private func sayLost(_ position: Position) {
        FollowNotices.say("the journal has nothing at \(position) any more; left out")
    }

    private func look() throws(LedgerError) {
        let now = FollowWakeup.now
        if now - lastLook < Self.pauses.look { return }
        lastLook = now
        if try source.hasRequests() {
            try keep(isDue: true)
            if try source.obey() { try takeUp() }
        }
        switch try source.look() {
        case .asBefore: return
        case .another(let position): forget(from: position)
        case .moved: try takeUp()
        }
        wakeup.watchAgain()
    }

    private func forget(from position: Position) {
        schedule.drop(from: position)
        for (known, telling) in held where known >= position { letGo(known, telling) }
        for known in waiting.entries.keys where known >= position { waiting.remove(known) }
    }

    /// Reads as much as there is room for.
    ///
    /// - Returns: Whether that was all.
    private func read(before end: Position?) throws(LedgerError) -> Bool {
        var pieces = 0
        while held.count < Self.window.entries, heldBytes < Self.window.bytes {
            if waiting.entries.count >= Self.maximumWaiting {
                if !isFull {
                    FollowNotices.say(
                        "\(waiting.entries.count) entries wait for another try, and no more can: nothing new is told until some of them are; see `follow --status`"
                    )
                }
                isFull = true
                return true
            }
            isFull = false
            if pieces == Self.piecesAtOnce { return false }
            pieces += 1
            let before = source.readUpTo
            guard let changes = try source.next(before: end) else { return true }
            if let position = source.readUpTo, before.map({ position < $0 }) ?? false { forget(from: position) }
            for change in changes where choices.all || change.setsStatus {
                if case .expectation = change.placed.entry.content, !teller.takesExpectations { continue }
                hold(change)
            }
        }
        return false
    }

    private func hold(_ change: JournalChange) {
        let telling = Telling(change)
        let lane = change.name.lane
        if schedule.contains(telling.position) { return }
        let now = FollowWakeup.now
        if schedule.isHeldUp(lane) {
            let entry = WaitingEntry(lane: lane, tries: 0, since: .now, next: .now)
            waiting.set(telling.position, entry, name: telling.name, answer: nil)
        } else {
            held[telling.position] = telling
            heldBytes += telling.delivery?.body.count ?? 0
        }
        schedule.add(telling.position, lane: lane, at: now)
    }

    private func letGo(_ position: Position, _ telling: Telling) {
        held[position] = nil
        heldBytes -= telling.delivery?.body.count ?? 0
    }

    private func start() throws(LedgerError) {
        while !isOnHold, let slot = next() {
            var tellings: [Telling] = []
            for position in slot.positions {
                do throws(LedgerError) {
                    if let telling = try telling(at: position) {
                        tellings.append(telling)
                    } else {
                        sayLost(position)
                        waiting.remove(position)
                        schedule.succeed(position, of: slot.id, now: FollowWakeup.now)
                    }
                } catch .damaged(let path) {
                    fail(position, of: slot.id, TellFailure(cause: "unread", words: "waits: \(path) cannot be read"))
                }
            }
            if !tellings.isEmpty { teller.start(slot, tellings) }
        }
    }

    private func telling(at position: Position) throws(LedgerError) -> Telling? {
        if let telling = held[position] { return telling }
        return try source.change(at: position).map { Telling($0) }
    }

    private func next() -> TellSchedule.Slot? {
        // After it could not be asked, the shop is asked for one thing first.
        if failuresOfShop > 0, schedule.runningCount > 0 { return nil }
        let limits = (fresh: teller.limit(areRetries: false), retries: teller.limit(areRetries: true))
        return schedule.next(
            now: FollowWakeup.now, limits: failuresOfShop > 0 ? (1, 1) : limits)
    }

    private func collect() {
        let now = FollowWakeup.now
        for (slot, position, outcome) in teller.collect(now: now) {
            lastActive = now
            switch outcome {
            case .notTried: schedule.putBack(position, of: slot, now: now)
            case .told(let answer): finish(position, of: slot, answer, isGivenUp: false)
            case .givenUp(let answer):
                let title = held[position]?.title ?? "entry \(position)"
                say("given up", "\(teller.subject(title)) answered \(answer): not told again")
                finish(position, of: slot, answer, isGivenUp: true)
            case .failed(let failure): fail(position, of: slot, failure)
            }
        }
    }

    private func finish(_ position: Position, of slot: Int, _ answer: String, isGivenUp: Bool) {
        let now = FollowWakeup.now
        let tries = (waiting.entries[position]?.tries ?? 0) + 1
        told.add(Told(position: position, time: .now, tries: tries, answer: answer, isGivenUp: isGivenUp))
        schedule.succeed(position, of: slot, now: now)
        waiting.remove(position)
        if let telling = held[position] { letGo(position, telling) }
        if failuresOfShop == 0 { return }
        if isOutageSaid { FollowNotices.say("the shop answers again") }
        (failuresOfShop, holdUntil, isOutageSaid) = (0, 0, false)
        for position in failedWithShop { schedule.hurry(position, at: now) }
        failedWithShop = []
    }

    private func fail(_ position: Position, of slot: Int, _ failure: TellFailure) {
        let (now, wall) = (FollowWakeup.now, Timestamp.now)
        let known = waiting.entries[position]
        let tries = (known?.tries ?? 0) + 1
        let nominal = failure.retryAfter ?? TellSchedule.pause(after: tries)
        let pause = failure.retryAfter ?? Int64.random(in: nominal * 4 / 5...nominal * 6 / 5)
        let next = Timestamp(microseconds: wall.microseconds + pause * 1_000)
        let telling = held[position]
        let name: RecordName?
        let title: String
        if let telling {
            (name, title) = (telling.name, telling.title)
        } else {
            let change = try? source.change(at: position)
            (name, title) = (change?.name, change.map { Telling($0).title } ?? "entry \(position)")
        }
        let again = choices.once ? "left for the next run" : "again in \(nominal / 1_000) s"
        let isSaid = say(failure.cause, "\(teller.subject(title)) \(failure.words); \(again)")
        if failure.isOfShop, isSaid { isOutageSaid = true }
        for other in schedule.fail(position, of: slot, until: now + pause) {
            // All that stands behind it waits on the disk too, and takes no room here.
            let entry =
                other == position
                ? WaitingEntry(
                    lane: name?.lane ?? known?.lane ?? 0, tries: tries, since: known?.since ?? wall, next: next,
                    isAsked: failure.retryAfter != nil)
                : WaitingEntry(lane: name?.lane ?? known?.lane ?? 0, tries: 0, since: wall, next: next)
            if other == position || waiting.entries[other] == nil, let name {
                waiting.set(other, entry, name: name, answer: other == position ? failure.words : nil)
            }
            if let telling = held[other] { letGo(other, telling) }
        }
        guard failure.isOfShop else { return }
        failuresOfShop += 1
        if failedWithShop.count < Self.window.entries { failedWithShop.insert(position) }
        holdUntil = now + min(TellSchedule.pause(after: failuresOfShop), Self.longestHold)
    }

    /// - Returns: Whether it was said, and not left out as one of too many.
    @discardableResult
    private func say(_ cause: String, _ sentence: String) -> Bool {
        guard let leftOut = notices.admit(cause, now: FollowWakeup.now) else { return false }
        FollowNotices.say(leftOut > 0 ? "\(sentence) (and \(leftOut) more like it)" : sentence)
        return true
    }

    /// Keeps, durably, how far it has come. What waits is on the disk before the cursor passes it. Where there is no room
    /// for it, nothing new is told until there is.
    ///
    /// - Parameter isLast: It is not tried again: throws also where there is no room.
    private func keep(isDue: Bool, isLast: Bool = false) throws(LedgerError) {
        if !isDue { return }
        lastKept = FollowWakeup.now
        do throws(LedgerError) {
            try waiting.flush()
            told.flush()
            // Few that wait stand in the cursor too, where an operator sees them at once.
            let open = Array(held.keys) + (waiting.entries.count <= Self.fewWaiting ? Array(waiting.entries.keys) : [])
            try source.keep(unfinished: open.sorted(), waitingFrom: waiting.oldest, anew: isUnkept)
            isUnkept = false
        } catch {
            guard error.isWantOfRoom, !isLast else { throw error }
            if roomNotices.admit("room", now: lastKept) != nil {
                FollowNotices.say("\(error.explanation): until there is room, the shop is told nothing")
            }
            isUnkept = true
        }
    }
}
