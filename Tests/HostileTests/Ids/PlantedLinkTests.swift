import Foundation
import Glibc
import TestSupport
import Testing

@Suite("A symbolic link planted in the data directory")
struct PlantedLinkTests {
    /// A file outside, which nobody may change.
    private static let outside = "milik orang lain"

    private struct Plan: CustomTestStringConvertible {
        /// The link's path below the data directory, and what it points to, below the directory above.
        var link: String
        var target: String
        /// The answers that are right: stored all the same, or 503 or 500.
        var statuses: Set<Int>
        var testDescription: String { "\(link) to \(target)" }
    }

    private static let plans: [Plan] = [
        Plan(link: "transactions/abc-123.json", target: "outside/file", statuses: [200]),
        Plan(link: "transactions/abc-123.json", target: "outside/new-file", statuses: [200]),
        Plan(link: "transactions/abc-123.json", target: "outside", statuses: [200]),
        Plan(link: "transactions/.new", target: "outside/file", statuses: [200]),
        Plan(link: "transactions/.new", target: "outside/new-file", statuses: [200]),
        Plan(link: "rejected/.new", target: "outside/file", statuses: [200]),
        Plan(link: "transactions", target: "outside", statuses: [500, 503]),
        Plan(link: "topups", target: "outside", statuses: [500, 503]),
        Plan(link: "rejected", target: "outside", statuses: [500, 503]),
        Plan(link: "journal", target: "outside", statuses: [500, 503]),
        Plan(link: "journal/.lock", target: "outside/file", statuses: [200]),
        Plan(link: "journal/.note", target: "outside/file", statuses: [200]),
        Plan(link: "journal/.checkpoint", target: "outside/file", statuses: [200, 503]),
        Plan(link: "journal/.checkpoint.new", target: "outside/file", statuses: [200]),
        Plan(link: "journal/.probe", target: "outside/file", statuses: [200]),
        Plan(link: "journal/000000000000-00000000.jsonl", target: "outside/file", statuses: [200, 503]),
        Plan(link: "journal/999999999999-99991231.jsonl", target: "outside/file", statuses: [200, 503]),
        Plan(link: "journal/999999999999-99991231.jsonl", target: "outside/new-file", statuses: [200, 503]),
    ]

    @Test("is not followed for writing", arguments: plans.indices, [WayIn.cgi, .fastCGI])
    func planted(_ index: Int, way: WayIn) throws {
        let plan = Self.plans[index]
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        if plan.statuses != [200] { scratch.leavesDamage() }
        try scratch.makeDirectory("home/outside")
        try scratch.write(Self.outside, to: "home/outside/file")
        try scratch.makeDirectory("home/data")
        if let slash = plan.link.firstIndex(of: "/") { try scratch.makeDirectory("home/data/\(plan.link[..<slash])") }
        #expect(symlink("\(scratch.path)/home/\(plan.target)", scratch.file("home/data/\(plan.link)")) == 0)
        if ServerUser.isRoot {
            let everything = try FileManager.default.subpathsOfDirectory(atPath: scratch.file("home")).map {
                "home/\($0)"
            }
            for name in everything { lchown(scratch.file(name), ServerUser.numericID, ServerUser.numericID) }
        }
        let before = try contents(scratch.file("home/outside"))

        // With a journal that cannot be used `serve` says so and does not start, which is an answer too.
        guard (try? way.start(in: installation)) != nil else {
            #expect(!plan.statuses.contains(200) || plan.statuses.count > 1)
            #expect(try contents(scratch.file("home/outside")) == before)
            return
        }
        let body = #"{"refid":"abc-123","message":"{\"status\":\"Success\"}"}"#
        for round in 1...2 {
            let reply = try installation.door.send(Request(posting: body))
            #expect(plan.statuses.contains(reply.status), "\(round): \(reply.status) \(scratch.logs)")
        }
        _ = try installation.door.send(Request(posting: "bukan JSON"))
        _ = try installation.door.send(Request("GET"))
        #expect(try contents(scratch.file("home/outside")) == before)
        if plan.statuses == [200] {
            #expect(try scratch.data.json("transactions/abc-123.json")["status"] == "Success")
            var status = stat()
            #expect(lstat(scratch.file("home/data/transactions/abc-123.json"), &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFREG)
        }
    }

    /// The files of a directory, with all that a write would change.
    private func contents(_ directory: String) throws -> [String: String] {
        var contents: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            var status = stat()
            #expect(lstat("\(directory)/\(name)", &status) == 0)
            let text = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
            contents[name] =
                "\(text) \(status.st_mode) \(status.st_ino) \(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        }
        return contents
    }
}
