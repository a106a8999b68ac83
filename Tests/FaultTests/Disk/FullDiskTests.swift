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
            "The operators' page lets the operator in, shows what there is, and says why nothing more is kept",
            .enabled(if: Mount.Kind.tmpfs.isPossible, "file systems cannot be mounted here"),
            arguments: Shortage.allCases)
        func page(_ shortage: Shortage) throws {
            let mount = try Mount(.tmpfs, options: shortage == .inodes ? "nr_inodes=400" : "")
            let filler = "\(mount.path)/filler"
            try FileManager.default.createDirectory(atPath: filler, withIntermediateDirectories: false)
            let (site, tally) = (try Site(in: mount.path), Tally())
            let key = String(repeating: "4f", count: 16)
            func ask(_ method: String, _ query: String, _ form: String = "", _ cookie: String = "") throws -> Reply {
                let variables = [
                    "REQUEST_METHOD": method, "REQUEST_URI": "/laporan/khoins/panel?\(query)", "QUERY_STRING": query,
                    "PATH_INFO": "/panel", "CONTENT_LENGTH": "\(form.utf8.count)", "REMOTE_ADDR": "127.0.0.1",
                    "HTTP_HOST": "127.0.0.1", "HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_COOKIE": cookie,
                    "KHOINS_PAGE_KEY": key, "KHOINS_TOKEN": secretToken,
                ]
                return try Reply(cgi: ChildProcess.run(site.command(variables, form)).bytes)
            }
            #expect(try site.post(SentCallback("KH-0"), tally).status == 200)
            try Self.fill(filler, shortage, leaving: 0)
            let padding = String(repeating: "x", count: 3_000)
            var status = 200
            for number in 1...100 where status == 200 {
                status = try site.post(SentCallback("KH-\(number)", serial: padding), tally).status ?? 0
            }
            #expect(status == 503)

            // Neither who guesses nor who knows the key needs room.
            #expect(try ask("POST", "masuk", "key=wrong").status == 403)
            let signedIn = try ask("POST", "masuk", "key=\(key)")
            #expect(signedIn.status == 303)
            let cookie = String(try #require(signedIn.headers["set-cookie"]).prefix { $0 != ";" })
            let overview = try ask("GET", "", "", cookie)
            #expect(overview.status == 200 && overview.text.hasSuffix("</html>\n"))
            #expect(overview.text.contains("No space left on device"), "\(overview.text)")
            #expect(try ask("GET", "daftar", "", cookie).text.contains("KH-0"))
            #expect(try ask("POST", "cari", "q=KH-", cookie).text.contains("KH-0"))

            try FileManager.default.removeItem(atPath: filler)
            #expect(try site.post(SentCallback("KH-room"), tally).status == 200)
            #expect(try !ask("GET", "", "", cookie).text.contains("No space left on device"))
            #expect(try site.problems(tally).isEmpty)
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
                let kept = min(count, 16)
                let block = [UInt8](repeating: 7, count: 65_536)
                for number in 0... {
                    let file = open("\(directory)/\(number)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                    let written = block.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                    // What is only promised room, and has none when it is written, must not count as taken.
                    let isSynced = number % 64 != 0 || fsync(file) == 0
                    close(file)
                    if file < 0 || written < block.count || !isSynced { break }
                }
                for number in 0..<kept { unlink("\(directory)/\(number)") }
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
