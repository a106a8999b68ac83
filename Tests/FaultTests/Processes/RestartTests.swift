import Foundation
import Testing

extension Faults {
    @Suite("Restarts")
    struct RestartTests {
        @Test("A service that is stopped, replaced and started again behind its socket fails no request")
        func socketActivation() throws {
            let site = try Site()
            let tally = Tally()
            let socket = try HandedOverSocket(site, name: "s")
            let executable = "\(site.root)/khoins-callback"
            try FileManager.default.copyItem(atPath: Executable.path, toPath: executable)
            var process = try socket.start(site, as: 3, executable: executable)
            let clients = Clients(8) { client, turn in
                socket.client.post(SentCallback("KH-\(client)", serial: "\(turn % 60)").body, tally).status
            }
            let restarts = FaultReport.isLong ? 100 : 12
            for number in 1...restarts {
                try clients.waitForAnswers(number * 40)
                if number % 3 == 0 {
                    try FileManager.default.copyItem(atPath: Executable.path, toPath: "\(executable).new")
                    #expect(rename("\(executable).new", executable) == 0)
                }
                process.signal(SIGTERM)
                #expect(try process.wait(within: 15) == .exited(0))
                process = try socket.start(site, as: 3, executable: executable)
            }
            let statuses = try clients.stop()
            #expect(Set(statuses.keys) == [200], "\(statuses)")
            process.signal(SIGTERM)
            try process.wait()
            let problems = try site.problems(tally)
            #expect(problems.isEmpty)
            FaultReport.add(
                "restart behind its socket", faults: restarts, acknowledged: tally.acknowledged, problems: problems)
        }

        @Test("A request that has begun is finished after SIGTERM")
        func inFlight() throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site)
            let body = SentCallback("KH-1").body
            let message = FastCGIClient.message(FastCGIClient.postVariables(body), body)
            let connection = try service.client.connect()
            #expect(service.client.send(Array(message.prefix(message.count - 60)), over: connection))
            // The one after it is answered, so this one has been taken up.
            #expect(service.client.post(SentCallback("KH-2").body, tally).status == 200)
            service.process.signal(SIGTERM)
            try eventually("end of the socket") { access(service.client.path, F_OK) == 0 ? nil : true }
            tally.sending(body)
            #expect(service.client.send(Array(message.suffix(60)), over: connection))
            let answer = FastCGIClient.answer(over: connection)
            tally.answered(body, answer)
            #expect(answer.status == 200)
            #expect(try service.process.wait(within: 5) == .exited(0))
            #expect(try site.problems(tally) == [])
        }

        @Test("Peers that say half a request, or nothing, end neither service nor shutdown")
        func silentPeers() throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, threads: 4)
            let body = SentCallback("KH-1").body
            let message = FastCGIClient.message(FastCGIClient.postVariables(body), body)
            let silent = try service.client.connect()
            let half = try service.client.connect()
            let other = try service.client.connect()
            #expect(service.client.send(Array(message.prefix(30)), over: half))
            #expect(service.client.send(Array(message.prefix(message.count - 10)), over: other))
            for number in 0..<20 {
                #expect(service.client.post(SentCallback("KH-\(number)").body, tally).status == 200)
            }
            let start = ContinuousClock.now
            #expect(try service.stop(within: 14) == .exited(0))
            #expect(ContinuousClock.now - start < .seconds(13))
            #expect(try site.problems(tally) == [])
            // They are there to the end.
            withExtendedLifetime([silent, half, other]) {}
        }
    }
}
