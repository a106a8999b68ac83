import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A bad sector", .enabled(if: Fault.canInject, "needs strace"))
    struct BadSectorTests {
        /// Where it is; FILE stands for the journal's.
        private static let places = [
            "transactions/KH-1.json", "journal/FILE", "journal/.checkpoint", "journal/.note", "rejected/FILE",
        ]

        private func site(_ tally: Tally) throws -> Site {
            let site = try Site()
            for callback in [SentCallback("KH-1", "Pending"), SentCallback("KH-2")] {
                _ = try site.post(callback, tally)
            }
            try site.run(["archive", "--older-than", "2000-01-01"])
            _ = try site.post(SentCallback.rejected, tally)
            _ = try site.post(SentCallback("KH-3"), tally)
            return site
        }

        private func fault(_ place: String, in site: Site) -> Fault {
            let folder = place.prefix { $0 != "/" }
            let file = site.names(in: String(folder)).first { !$0.hasPrefix(".") } ?? ""
            let path = "\(site.data)/\(place.replacing("FILE", with: file))"
            return Fault(call: "pread64", occurrence: .every, effect: .error("EIO"), path: path)
        }

        @Test("stops no callback, not even that of its record", .looksInside, arguments: places, [false, true])
        func callbacks(_ place: String, _ isRestart: Bool) throws {
            let tally = Tally()
            var site = try site(tally)
            if isRestart { site = try site.copy() }
            for callback in [SentCallback("KH-4"), SentCallback("KH-1", "Refund"), SentCallback("KH-2", "Gagal")] {
                let answer = try site.post(callback, tally, faults: [fault(place, in: site)])
                #expect(answer.status == 200, "\(answer.log)")
            }
            // As soon as it can be read again, all is as if it had never been otherwise.
            #expect(try site.post(SentCallback("KH-5"), tally).status == 200)
            #expect(try site.problems(tally) == [])
        }

        @Test("is named by those who look, and they go on", arguments: ["transactions/KH-1.json", "journal/FILE"])
        func readers(_ place: String) throws {
            let tally = Tally()
            let site = try site(tally)
            let fault = fault(place, in: site)
            let ending = try site.verify(faults: [fault])
            #expect(ending.status == 1)
            #expect(ending.output.contains(fault.path?.split(separator: "/").last ?? "-"))
            #expect(try site.run(["list"], faults: [fault]) == 1)
            // Without a time, the records alone are counted.
            #expect(try site.run(["stats"], faults: [fault]) == (place.hasPrefix("journal") ? 0 : 1))
            #expect(try site.run(["follow", "--once"], faults: [fault]) <= 1)
            #expect(try site.run(["archive", "--older-than", "0s"], faults: [fault]) <= 1)
            #expect(try site.verify().status == 0)
        }
    }
}
