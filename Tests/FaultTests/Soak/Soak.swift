import Formats
import Foundation
import Ledger
import System
import TestSupport
import Testing

/// A service under load, and what is done to it.
///
/// The data lies on a small file system of its own and belongs to a user who is not root, so that a disk can be full, and a
/// file of root's in the way.
final class Soak: @unchecked Sendable {
    // Faults are made by one thread; clients and samples have locks of their own.

    struct Result: Sendable {
        var statuses: [Int?: Int] = [:]
        var faults: [String: Int] = [:]
        var acknowledged = 0
        var problems: [String] = []
        /// Seconds.
        var longestSilence = 0.0
        var memory: [Int] = []
        var descriptors: [Int] = []

        var words: String {
            let kinds = faults.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
            func range(_ values: [Int]) -> String { "\(values.min() ?? 0)–\(values.max() ?? 0)" }
            return "\(kinds); longest time without an answer \(Int(longestSilence.rounded(.up))) s, "
                + "memory \(range(memory.map { $0 >> 20 })) MiB, descriptors \(range(descriptors))"
        }
    }

    private static let user: UInt32 = 65_534

    private let mount: Mount
    private let site: Site
    private let log: LogPipe
    private let service: Service
    private let tally = Tally()
    private let silence = Silence()
    private var result = Result()
    private var clients: [Clients] = []

    init() throws {
        mount = try Mount(.ext4, megabytes: 768)
        chmod(mount.path, 0o777)
        site = try Site(in: mount.path)
        site.leavesDamage()
        log = try LogPipe()
        service = try Service(site, threads: 8, log: log.writeEnd, user: Self.user)
    }

    /// Posts for so many seconds, while things happen.
    func run(for seconds: Double) throws {
        start()
        let end = ContinuousClock.now + .seconds(seconds)
        var round = 0
        while ContinuousClock.now < end {
            usleep(.random(in: 1_000_000..<3_000_000))
            sample()
            let fault = Kind.allCases[round < Kind.allCases.count ? round : .random(in: 0..<Kind.allCases.count)]
            try make(fault)
            result.faults[fault.rawValue, default: 0] += 1
            round += 1
        }
    }

    private func start() {
        let (service, site, tally, silence) = (service, site, tally, silence)
        clients.append(
            Clients(6) { client, turn in
                usleep(.random(in: 20_000..<80_000))
                // So few bodies a record that it keeps all of them.
                let callback = SentCallback("KH-\(client)-\(turn / 30)", serial: "\(turn)")
                let body = turn % 50 == 49 ? "\(SentCallback.rejected) \(client)-\(turn)" : callback.body
                let status = service.client.post(body, tally).status
                silence.hear()
                return status
            })
        let command = CGIUser(site, Self.user)
        clients.append(
            Clients(1) { _, turn in
                usleep(.random(in: 100_000..<300_000))
                return try? command.post(SentCallback("KH-cgi-\(turn / 30)", serial: "\(turn)").body, tally).status
            })
    }

    private func sample() {
        result.memory.append(service.residentMemory)
        result.descriptors.append(service.descriptorCount)
    }

    /// Ends the load, looks for everything that was acknowledged, and says what there was.
    func end() throws -> Result {
        for clients in clients {
            for (status, count) in try clients.stop() { result.statuses[status, default: 0] += count }
        }
        result.longestSilence = silence.longest
        // What lay in a record's place, and had no later callback, is mended as an operator would.
        let repair = try site.verify(repair: true)
        if repair.status != 0 { result.problems.append("verify --repair: \(repair.output)\(repair.errors)") }
        result.problems += try site.problems(tally)
        result.acknowledged = tally.acknowledged
        if try service.stop() != 0 { result.problems.append("the service did not end well: \(log.text)") }
        return result
    }

    // MARK: - What is done

    private enum Kind: String, CaseIterable {
        case stalledLog = "log not read"
        case stoppedHolder = "holder stopped"
        case unreadable = "file not readable"
        case strangersRecord = "root's file for a record"
        case obstacle = "pipe for a record"
        case fullDisk = "disk full"
        case descriptors = "no descriptors"
        case killed = "process killed"
        case archive = "archive"
    }

    private func make(_ kind: Kind) throws {
        switch kind {
        case .stalledLog:
            log.stall(true)
            wait(3)
            log.stall(false)
        case .stoppedHolder: try stopHolder()
        case .unreadable: try keepFromReading()
        case .strangersRecord:
            guard let record = anyRecord else { return }
            try site.write(Array("root's".utf8), to: record + ".save")
            chmod("\(site.data)/\(record).save", 0o600)
            _ = rename("\(site.data)/\(record).save", "\(site.data)/\(record)")
            wait(1)
        case .obstacle:
            guard let record = anyRecord else { return }
            unlink("\(site.data)/\(record)")
            mkfifo("\(site.data)/\(record)", 0o600)
            wait(1)
        case .fullDisk:
            let path = "\(mount.path)/filler"
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            var space = statvfs()
            fstatvfs(file, &space)
            posix_fallocate(file, 0, off_t(space.f_bfree - 8) * off_t(space.f_frsize))
            wait(2)
            close(file)
            unlink(path)
        case .descriptors:
            try limit("nofile", "\(service.descriptorCount)")
            wait(2)
            try limit("nofile", "1024")
        case .killed:
            let body = SentCallback("KH-killed", serial: "\(result.faults.values.reduce(0, +))").body
            try CGIUser(site, Self.user).postKilled(body, tally, after: .random(in: 1_000..<30_000))
        case .archive:
            _ = try site.run(["archive", "--older-than", "1m"])
        }
    }

    private func wait(_ seconds: Double) { usleep(UInt32(seconds * 1_000_000)) }

    private func limit(_ name: String, _ value: String) throws {
        let prlimit = try ServerProgram.path("prlimit")
        try ChildProcess.run(Command(prlimit, "--pid", "\(service.process.id)", "--\(name)=\(value):"))
    }

    private var anyRecord: String? {
        site.names(in: "transactions").filter { $0.hasSuffix(".json") }.randomElement().map { "transactions/\($0)" }
    }

    private func stopHolder() throws {
        let body = SentCallback("KH-stopped", serial: "\(result.faults.values.reduce(0, +))").body
        tally.sending(body)
        let stop = Fault(call: "fdatasync", occurrence: .number(1), effect: .signal("STOP"))
        let process = try ChildProcess(try CGIUser(site, Self.user).command(body).behind(Fault.tracer([stop])))
        wait(3)
        try eventually("end of the holder", within: 60) {
            process.signal(SIGCONT)
            return process.isRunning ? nil : true
        }
        tally.answered(body, Answer(cgi: try process.ending()))
    }

    /// Keeps the service from reading one of its files.
    private func keepFromReading() throws {
        let journal = site.journalFiles.last
        let archive = site.names(in: "archive").first { $0.hasSuffix(".jsonl") }.map { "archive/\($0)" }
        let names = [anyRecord, journal, archive, "journal/.note", "journal/.checkpoint", "archive/.index"]
        guard let name = names.compactMap({ $0 }).randomElement() else { return }
        let fault = Fault(call: "pread64", occurrence: .every, effect: .error("EIO"), path: "\(site.data)/\(name)")
        let tracer = try Tracer("\(mount.path)/calls").attached(to: service.process.id, [fault])
        wait(2)
        tracer.stop()
    }

    /// Whether values have no trend: the middle of the last quarter lies no more than this above that of the second one. In
    /// the first one it warms up.
    static func isFlat(_ values: [Int], tolerance: Int) -> Bool {
        let quarter = values.count / 4
        guard quarter > 0, let before = median(Array(values[quarter..<quarter * 2])),
            let after = median(Array(values.suffix(quarter)))
        else { return true }
        return after - before <= tolerance
    }
}

/// Notes the longest time in which nobody was answered.
final class Silence: Sendable {
    private let state = Locked((last: ContinuousClock.now, longest: Duration.zero))

    func hear() {
        state.withLock { state in
            let now = ContinuousClock.now
            state.longest = max(state.longest, now - state.last)
            state.last = now
        }
    }

    /// Seconds, up to now.
    var longest: Double {
        state.withLock { state in
            let longest = max(state.longest, ContinuousClock.now - state.last)
            return Double(longest.components.seconds) + Double(longest.components.attoseconds) / 1e18
        }
    }
}

/// The program as another user's CGI server calls it.
private struct CGIUser: Sendable {
    private let site: Site
    private let user: UInt32

    init(_ site: Site, _ user: UInt32) {
        self.site = site
        self.user = user
    }

    func command(_ body: String) throws -> Command {
        try site.command(FastCGIDoor.postVariables(body), body).asUser(user)
    }

    func post(_ body: String, _ tally: Tally) throws -> Answer {
        tally.sending(body)
        let answer = Answer(cgi: try ChildProcess.run(try command(body)))
        tally.answered(body, answer)
        return answer
    }

    func postKilled(_ body: String, _ tally: Tally, after microseconds: UInt32) throws {
        tally.sending(body)
        let process = try ChildProcess(try command(body))
        usleep(microseconds)
        process.signal(SIGKILL)
        tally.answered(body, Answer(cgi: try process.ending()))
    }
}
