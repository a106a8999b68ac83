import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Verifying beside a service")
    struct VerifyUnderLoadTests {
        @Test("A running service is not taken for damage")
        func underLoad() throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site)
            let clients = Clients(6) { client, turn in
                // One trxid that is never at rest, and new ones all the time.
                let trxid = client < 3 ? "KH-hot" : "KH-\(client)-\(turn)"
                // Faster ones would outgrow what a verification can read meanwhile.
                usleep(1_000)
                return service.client.post(SentCallback(trxid, serial: "\(turn % 40)").body, tally).status
            }
            try clients.waitForAnswers(200)
            for _ in 0..<(FaultReport.isLong ? 40 : 5) {
                let ending = try site.verify()
                #expect(ending.status == 0, "\(ending)")
            }
            try clients.stop()
            #expect(try site.problems(tally) == [])
        }
    }
}
