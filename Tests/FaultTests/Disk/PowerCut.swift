import Foundation
import Testing

/// One power cut while 32 clients post, by FastCGI and by CGI in turn.
final class PowerCut {
    let site: Site
    private let number: Int
    private let sent = Tally()
    /// What had been acknowledged when the power went, and all that was sent.
    private(set) var promised = Tally()

    /// - Parameter number: Decides how the program is called, and what else it is about to do.
    init(_ mount: Mount, number: Int) throws {
        self.number = number
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
        let service = isCGI ? nil : try Service(site, threads: 32)
        let client = service?.client
        let clients = Clients(32) { number, turn in
            // Few trxids, so that records are replaced too; but no record with more bodies than it keeps.
            let trxid = turn % 3 == 0 ? "KH-\(turn)" : "KH-\(number).\(turn / 30)"
            let callback = SentCallback(trxid, serial: "\(number)-\(turn)")
            let body = turn % 20 == 19 ? "\(SentCallback.rejected) \(number)-\(turn)" : callback.body
            return client?.post(body, sent).status ?? (try? site.post(body, sent))?.status
        }
        try clients.waitForAnswers(50 + Int.random(in: 0..<(isCGI ? 200 : 1_500)))
        promised = Tally(sent)
        try cut()
        service?.process.signal(SIGKILL)
        try clients.stop()
        try service?.process.wait()
        promised = Tally(promised, sent: sent.all)
    }

    /// Starts the program on what is left, and says what is not as it was promised.
    func check() throws -> [String] {
        if number % 4 < 2 { return try site.problemsAfterRestart(promised) }
        let service = try Service(site)
        var problems =
            service.client.post(SentCallback("KH-after").body, promised).status == 200 ? [] : ["no 200 after"]
        problems += try site.problems(promised)
        try service.stop()
        return problems
    }
}
