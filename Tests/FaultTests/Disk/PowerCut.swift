import Foundation
import TestSupport
import Testing

/// One power cut while 48 clients post, by FastCGI and by CGI in turn, and records are archived, if they are to be.
final class PowerCut {
    let site: Site
    private let number: Int
    private let archives: Bool
    private let sent = Tally()
    /// What had been acknowledged when the power went, and all that was sent.
    private(set) var promised = Tally()

    /// - Parameters:
    ///   - number: Decides how the program is called, and what else it is about to do.
    ///   - archives: Whether `archive` runs beside it, again and again.
    init(_ mount: Mount, number: Int, archives: Bool = false) throws {
        self.number = number
        self.archives = archives
        for name in (try? FileManager.default.contentsOfDirectory(atPath: mount.path)) ?? [] where name.hasPrefix("cut")
        {
            try FileManager.default.removeItem(atPath: "\(mount.path)/\(name)")
        }
        let root = "\(mount.path)/cut-\(number)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: false)
        site = try Site(in: root)
        switch number % 3 {
        case 1: try KillScenario.journal(paddedTo: (4 << 20) - 20_000)(site, sent)
        case 2: try KillScenario.journal(paddedTo: (16 << 20) - 20_000)(site, sent)
        default: break
        }
    }

    private var isCGI: Bool { number % 2 == 1 }

    /// Lets the clients post, and then `cut` take away the power.
    func run(_ cut: () throws -> Void) throws {
        let site = site
        let sent = sent
        let service = isCGI ? nil : try Service(site, threads: 48)
        let client = service?.client
        let clients = Clients(48) { number, turn in
            // Few trxids, so that records are replaced too; but no record with more bodies than it keeps.
            let trxid = turn % 3 == 0 ? "KH-\(turn)" : "KH-\(number).\(turn / 30)"
            let callback = SentCallback(trxid, serial: "\(number)-\(turn)")
            let body = turn % 20 == 19 ? "\(SentCallback.rejected) \(number)-\(turn)" : callback.body
            return client?.post(body, sent).status ?? (try? site.post(body, sent))?.status
        }
        let archiver = archives ? Clients(1) { _, _ in (try? site.run(Self.archive)).map { Int($0) } } : nil
        try clients.waitForAnswers(50 + Int.random(in: 0..<(isCGI ? 200 : 1_500)))
        if let archiver {
            try eventually("run of archive", within: 10) { (archiver.statuses[0] ?? 0) > 0 ? true : nil }
            usleep(.random(in: 0..<100_000))
        }
        promised = Tally(sent)
        try cut()
        service?.process.signal(SIGKILL)
        try clients.stop()
        try archiver?.stop()
        try service?.process.ending()
        promised = Tally(promised, sent: sent.all)
    }

    private static let archive = ["archive", "--older-than", "0s"]

    /// Starts the program on what is left, and says what is not as it was promised.
    func check() throws -> [String] {
        if archives { return try checkArchive() }
        if number % 4 < 2 { return try site.problemsAfterRestart(promised) }
        let service = try Service(site)
        var problems =
            service.client.post(SentCallback("KH-after").body, promised).status == 200 ? [] : ["no 200 after"]
        // While it serves, it may just be moving the checkpoint.
        try service.stop()
        problems += try site.problems(promised)
        return problems
    }

    /// Archives what is left, after a look at it: a run that goes on where another was cut off must lose nothing either.
    private func checkArchive() throws -> [String] {
        var problems = try site.health().status == 200 ? [] : ["not healthy"]
        let verified = try site.verify()
        if verified.status != 0 { problems.append("verify before archive: \(verified.output)\(verified.errors)") }
        if try site.run(Self.archive) != 0 { problems.append("archive failed") }
        if !site.names(in: "archive").contains(where: { $0.hasSuffix(".jsonl") }) { problems.append("no archive") }
        return try problems + site.problems(promised)
    }
}
