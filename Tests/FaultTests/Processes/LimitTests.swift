import Foundation
import TestSupport
import Testing

extension Faults {
    /// Limits that hosts set (getrlimit(2)), at every height at which something else is missing.
    @Suite("Limits", .enabled(if: ServerProgram.find("prlimit") != nil, "prlimit is not installed"))
    struct LimitTests {
        private static let descriptors = FaultReport.isLong ? Array(3...40) : [3, 5, 7, 9, 12, 16, 24, 40]

        @Test("Of descriptors: a CGI request is answered by 200, or by 5xx with a line; the next one is filed")
        func descriptorsOfCGI() throws {
            let past = Tally()
            let template = try Site()
            _ = try template.post(SentCallback("KH-1", "Pending"), past)
            for limit in Self.descriptors {
                let site = try template.copy()
                let tally = Tally(past)
                let answer = try site.post(
                    SentCallback("KH-1").body, tally, limits: [try ServerProgram.path("prlimit"), "--nofile=\(limit)"])
                // A program that is no static one opens its libraries first.
                if answer.status == nil, !TestBinary.isRelease { continue }
                #expect([200, 500, 503].contains(answer.status), "\(limit): \(answer)")
                #expect(answer.status == 200 || !answer.log.isEmpty, "\(limit)")
                #expect(try site.post(SentCallback("KH-2"), tally).status == 200)
                let problems = try site.problems(tally)
                #expect(problems.isEmpty, "\(limit)")
                FaultReport.add(
                    "limit of descriptors, CGI", faults: 1, acknowledged: tally.acknowledged, problems: problems)
            }
        }

        @Test("Of descriptors: whoever is silent makes room for others, and the log says so")
        func silentConnections() throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, limits: ["--nofile=64"], threads: 2)
            let silent = try (0..<4).map { _ in try StreamSocket(connectingTo: service.client.address) }
            try wait(for: "a line") { service.logged.contains("connections on which nothing had come") }
            #expect(service.client.post(SentCallback("KH-1").body, tally).status == 200)
            withExtendedLifetime(silent) {}
            #expect(try site.problems(tally) == [])
            #expect(try service.stop() == 0)
        }

        @Test(
            "Of descriptors, from the start: serve ends with 2 and a sentence, or serves", .looksInside,
            arguments: descriptors)
        func descriptorsOfServe(_ limit: Int) throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, limits: ["--nofile=\(limit)"], threads: 2, waits: false)
            // It may have made its socket before it finds that it cannot serve.
            try eventually("an end, or a start", within: 20) {
                !service.process.isRunning || service.logged.contains("event=started") ? true : nil
            }
            guard service.process.isRunning else {
                let ending = try service.process.ending()
                // A program that is no static one opens its libraries first.
                if TestBinary.isRelease || ending.status == 2 {
                    #expect(ending.status == 2)
                    #expect(ending.errors.contains("Too many open files"), "\(ending.errors)")
                }
                return
            }
            // Where there is none for a connection, those who connect wait, and the log says why.
            if service.descriptorCount >= limit {
                // So many that they cannot all have one, though it may have closed some meanwhile.
                let sockets = try (0..<limit).map { _ in try StreamSocket(connectingTo: service.client.address) }
                try eventually("a line", within: 20) {
                    let lines = ["reason=\"accept4", "connections on which nothing had come"]
                    return lines.contains(where: service.logged.contains) ? true : nil
                }
                withExtendedLifetime(sockets) {}
                #expect(try service.stop() == 0)
                return
            }
            for number in 0..<5 {
                let answer = service.client.post(SentCallback("KH-\(number)").body, tally)
                #expect(answer.status == 200 || answer.status == 503, "\(service.logged)")
                #expect(answer.status == 200 || service.logged.contains("event=failed"))
            }
            #expect(try service.stop() == 0)
            #expect(try site.problems(tally) == [])
        }

        enum Limit: String, CaseIterable {
            case nofile, nproc, `as`, fsize
        }

        @Test(
            "Of descriptors, that begin while it serves, cost some callbacks 503 at most, and nothing once they are gone",
            .looksInside)
        func descriptorsWhileServing() throws { try beginWhileServing(.nofile) }

        @Test(
            "That begin while it serves cost some callbacks 503 at most, and nothing once they are gone",
            arguments: Limit.allCases.filter { $0 != .nofile })
        func whileServing(_ limit: Limit) throws { try beginWhileServing(limit) }

        private func beginWhileServing(_ limit: Limit) throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, threads: 4)
            for number in 0..<20 { _ = service.client.post(SentCallback("KH-\(number)").body, tally) }
            func prlimit(_ words: String...) throws -> String {
                let program = try ServerProgram.path("prlimit")
                let ending = try ChildProcess.run(Command([program, "--pid", "\(service.process.id)"] + words))
                #expect(ending.status == 0, "\(ending.errors)")
                return ending.output.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            let usual = try prlimit("--\(limit.rawValue)", "--noheadings", "--output", "SOFT")
            func set(_ value: String) throws { _ = try prlimit("--\(limit.rawValue)=\(value):") }
            let clients = Clients(8) { client, turn in
                let body = SentCallback("KH-\(client)-\(turn % 40)", serial: "\(turn)").body
                return service.client.post(body, tally).status
            }
            let heights =
                switch limit {
                // None is left; one for a connection; some for what a commit opens.
                case .nofile: (0..<12).map { service.descriptorCount + $0 }
                case .nproc: [0, 1, 3]
                case .as: [0, 1, 2, 4, 8, 16].map { service.addressSpace + $0 << 20 }
                case .fsize: [0, 200, 4_000]
                }
            for height in heights {
                try set("\(height)")
                let isShort = limit == .nofile && height <= service.descriptorCount
                let before = clients.statuses.values.reduce(0, +)
                // With no descriptor at all nobody is let in, and waits.
                if !isShort { try clients.waitForAnswers(before + 20) } else { usleep(50_000) }
                try set(usual)
                let whole = clients.statuses[200] ?? 0
                try eventually("callbacks that are filed", within: 20) {
                    (clients.statuses[200] ?? 0) > whole + 10 ? true : nil
                }
            }
            let statuses = try clients.stop()
            // Where no descriptor is left, a connection on which no request has come yet is closed to make room, and who
            // was about to send one is not answered.
            let allowed: Set<Int?> = limit == .nofile ? [200, 503, nil] : [200, 503]
            #expect(Set(statuses.keys).isSubset(of: allowed), "\(statuses)")
            #expect(service.client.post(SentCallback("KH-last").body, tally).status == 200)
            #expect(try service.stop() == 0)
            let problems = try site.problems(tally)
            #expect(problems.isEmpty)
            FaultReport.add(
                "limit of \(limit) while serving", faults: heights.count, acknowledged: tally.acknowledged,
                problems: problems)
        }

        @Test("Of memory, while it serves: long callbacks, many at once, are answered")
        func longCallbacksWhileServing() throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, threads: 4)
            try wait(for: "a start") { service.logged.contains("event=started") }
            #expect(service.client.post(SentCallback("KH-1").body, tally).status == 200)
            let program = try ServerProgram.path("prlimit")
            let words = [program, "--pid", "\(service.process.id)", "--as=\(service.addressSpace):"]
            #expect(try ChildProcess.run(Command(words)).status == 0)
            try answersLongCallbacks(service, tally)
            #expect(try site.problems(tally) == [])
        }

        /// Sends many at once, and stops the service.
        private func answersLongCallbacks(_ service: Service, _ tally: Tally) throws {
            let clients = Clients(24) { client, turn in
                let serial = "\(turn)" + String(repeating: "1", count: 60_000)
                return service.client.post(SentCallback("KH-\(client)", serial: serial).body, tally).status
            }
            try clients.waitForAnswers(200)
            let statuses = try clients.stop()
            #expect(Set(statuses.keys).isSubset(of: [200, 503]), "\(statuses) \(service.logged.suffix(2_000))")
            #expect(service.client.post(SentCallback("KH-short").body, tally).status == 200)
            #expect(try service.stop() == 0)
        }

        @Test("Of memory, from the start: long callbacks, many at once, are answered")
        func longCallbacks() throws {
            let first = try Site()
            let usual = try Service(first, limits: ["--as=\(1 << 30)"], threads: 4)
            // It takes connections before all its threads are there.
            try wait(for: "a start") { usual.logged.contains("event=started") }
            #expect(usual.client.post(SentCallback("KH-1").body, Tally()).status == 200)
            let space = usual.addressSpace
            #expect(try usual.stop() == 0)
            withExtendedLifetime(first) {}
            for room in [1, 2, 4] {
                let site = try Site()
                let tally = Tally()
                let service = try Service(site, limits: ["--as=\(space + room << 20)"], threads: 4)
                try answersLongCallbacks(service, tally)
                #expect(try site.problems(tally) == [])
            }
        }
    }
}
