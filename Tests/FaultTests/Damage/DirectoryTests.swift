import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Directories that were changed")
    struct DirectoryTests {
        private static let folders = ["transactions", "topups", "rejected", "journal"]

        /// Root may write anywhere, so the program runs as another user.
        @Test(
            "A directory that may not be written to means 503, with a line in the log, until it may be",
            .enabled(if: geteuid() == 0 && ServerProgram.find("setpriv") != nil, "needs root and setpriv"),
            arguments: ["transactions", "journal"], [true, false])
        func readOnly(_ folder: String, isKnown: Bool) throws {
            let site = try Site()
            let tally = Tally()
            #expect(chmod(site.root, 0o777) == 0)
            let setpriv = [ServerProgram.find("setpriv") ?? "", "--reuid=65534", "--regid=65534", "--clear-groups"]
            #expect(try site.post(SentCallback("KH-1").body, tally, limits: setpriv).status == 200)
            #expect(chmod("\(site.data)/\(folder)", 0o550) == 0)
            let before = site.names(in: "transactions")
            if folder == "journal" {
                // A new file is needed there.
                try site.remove("journal/.lock")
            }
            let body = isKnown ? SentCallback("KH-1", "Refund").body : SentCallback("KH-2").body
            let answer = try site.post(body, tally, limits: setpriv)
            #expect(answer.status == 503)
            #expect(answer.log.contains("event=failed"))
            #expect(site.names(in: "transactions") == before)
            #expect(chmod("\(site.data)/\(folder)", 0o750) == 0)
            #expect(try site.post(body, tally, limits: setpriv).status == 200)
            #expect(try site.problems(tally) == [])
        }

        @Test(
            "A directory that was deleted is made again, and repair fills it",
            arguments: ["transactions", "topups", "rejected"])
        func deleted(_ folder: String) throws {
            let site = try Site()
            let tally = Tally()
            for number in 0..<3 { _ = try site.post(SentCallback("KH-\(number)"), tally) }
            try site.remove(folder)
            // Nothing is missing with one that was empty.
            #expect(try site.verify().status == (folder == "transactions" ? 1 : 0))
            #expect(try site.verify(repair: true).status == 0)
            #expect(try site.problems(tally) == [])
            #expect(try site.post(SentCallback("KH-9"), tally).status == 200)
        }

        @Test("A service whose directories are deleted goes on", arguments: folders)
        func deletedWhileServing(_ folder: String) throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site)
            site.leavesDamage()
            #expect(service.client.post(SentCallback("KH-1").body, Tally()).status == 200)
            try site.remove(folder)
            let body = SentCallback("KH-2").body
            try eventually("200", within: 10) { service.client.post(body, tally).status == 200 ? true : nil }
            #expect(site.record("KH-2") != nil)
        }
    }
}
