import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A full disk")
    struct FullDiskTests {
        enum Shortage: CaseIterable {
            case bytes, inodes
        }

        private static let kinds = Mount.Kind.allCases.filter {
            ($0 == .tmpfs || $0 == .ext4 || FaultReport.isLong) && $0.isPossible
        }

        @Test(
            "Every answer is 200 or 503, every 200 is on the disk, and room ends it",
            .enabled(if: !kinds.isEmpty, "file systems cannot be mounted here"), arguments: kinds, Shortage.allCases)
        func full(_ kind: Mount.Kind, _ shortage: Shortage) throws {
            // Only these two have a fixed number of inodes.
            guard shortage == .bytes || kind == .tmpfs || kind == .ext4 else { return }
            let mount = try Mount(kind, options: kind == .tmpfs && shortage == .inodes ? "nr_inodes=400" : "")
            let filler = "\(mount.path)/filler"
            try FileManager.default.createDirectory(atPath: filler, withIntermediateDirectories: false)
            let site = try Site(in: mount.path)
            let tally = Tally()
            let service = try Service(site, threads: 16)
            #expect(service.client.post(SentCallback("KH-0").body, tally).status == 200)
            try Self.fill(filler, shortage)

            let padding = String(repeating: "x", count: shortage == .bytes ? 3_000 : 10)
            let clients = Clients(16) { client, turn in
                let callback = SentCallback("KH-\(client)-\(turn % 50)", serial: "\(turn)-\(padding)")
                return service.client.post(callback.body, tally).status
            }
            try eventually("answer of 503", within: 10) { clients.statuses[503].map { $0 > 50 ? true : nil } ?? nil }
            let statuses = try clients.stop()
            #expect(Set(statuses.keys).isSubset(of: [200, 503]), "\(statuses)")
            #expect((statuses[200] ?? 0) > 0, "\(statuses)")
            #expect(service.logged.contains("event=failed"))

            try FileManager.default.removeItem(atPath: filler)
            try eventually("room", within: 40) {
                service.client.post(SentCallback("KH-room").body, tally).status == 200 ? true : nil
            }
            for number in 0..<20 {
                #expect(service.client.post(SentCallback("KH-room-\(number)").body, tally).status == 200)
            }
            let problems = try site.problems(tally)
            #expect(problems.isEmpty)
            #expect(try service.stop() == 0)
            FaultReport.add(
                "full disk (\(kind), \(shortage))", faults: statuses[503] ?? 0, acknowledged: tally.acknowledged,
                problems: problems)
        }

        @Test(
            "A follower whose cursor has no room tells nothing, and goes on when it has",
            .enabled(if: Mount.Kind.tmpfs.isPossible, "file systems cannot be mounted here"))
        func follower() throws {
            let mount = try Mount(.tmpfs, options: "nr_inodes=400")
            let filler = "\(mount.path)/filler"
            try FileManager.default.createDirectory(atPath: filler, withIntermediateDirectories: false)
            let (site, other, tally) = (try Site(in: mount.path), try Site(), Tally())
            let file = "\(other.root)/told"
            let words = ["follow", "--from", "start", "--exec", "echo $KHOINS_POSITION >>'\(file)'"]
            func told() -> [Substring] {
                String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
                    .split(separator: "\n").sorted()
            }
            #expect(try site.post(SentCallback("KH-1"), tally).status == 200)
            #expect(try site.program(words + ["--once"]).status == 0)
            for number in 2...3 { #expect(try site.post(SentCallback("KH-\(number)"), tally).status == 200) }
            try Self.fill(filler, .inodes, leaving: 0)
            // As cron has it, again and again.
            for _ in 0..<2 {
                let once = try site.program(words + ["--once"])
                #expect(once.status == 2 && once.errors.contains("No space left on device"), "\(once)")
            }
            let follower = try ChildProcess(
                Command([try TestBinary.path()] + words, environment: site.environment()))
            try wait(for: "what it says") { follower.errors.contains("until there is room, the shop is told nothing") }
            #expect(told() == ["1"])
            try FileManager.default.removeItem(atPath: filler)
            try wait(for: "the others") { told().count > 2 }
            follower.signal(SIGTERM)
            #expect(try follower.ending().status == 0)
            #expect(told() == ["1", "2", "3"])
            #expect(try site.problems(tally) == [])
        }

        /// Takes all room but for a little.
        private static func fill(_ directory: String, _ shortage: Shortage, leaving count: Int = 20) throws {
            switch shortage {
            case .bytes:
                let block = [UInt8](repeating: 7, count: 65_536)
                for number in 0... {
                    let file = open("\(directory)/\(number)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                    let count = block.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    // What is only promised room, and has none when it is written, must not count as taken.
                    let isSynced = number % 64 != 0 || fsync(file) == 0
                    close(file)
                    if file < 0 || count < block.count || !isSynced { break }
                }
                for number in 0..<16 { unlink("\(directory)/\(number)") }
            case .inodes:
                for number in 0... {
                    let file = open("\(directory)/\(number)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                    if file < 0 { break }
                    close(file)
                }
                for number in 0..<count { unlink("\(directory)/\(number)") }
            }
        }
    }
}
