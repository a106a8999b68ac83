import Foundation
import TestSupport
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
            // By another process: a descriptor of this one that writes to it could be inherited by a program that another
            // test starts at this moment, and what is being written to cannot be run.
            try ChildProcess.run(Command("cp", TestBinary.path(), executable))
            var process = try socket.start(site, as: 3, executable: executable)
            let clients = Clients(8) { client, turn in
                socket.client.post(SentCallback("KH-\(client)", serial: "\(turn % 60)").body, tally).status
            }
            let restarts = FaultReport.isLong ? 100 : 12
            for number in 1...restarts {
                // Of this process, which is then sure to have begun.
                try clients.waitForAnswers(clients.statuses.values.reduce(0, +) + 40)
                if number % 3 == 0 {
                    try ChildProcess.run(Command("cp", TestBinary.path(), "\(executable).new"))
                    #expect(rename("\(executable).new", executable) == 0)
                }
                process.signal(SIGTERM)
                #expect(try process.ending(seconds: 15).status == 0)
                process = try socket.start(site, as: 3, executable: executable)
            }
            let statuses = try clients.stop()
            #expect(Set(statuses.keys) == [200], "\(statuses)")
            process.signal(SIGTERM)
            try process.ending()
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
            let message = FastCGIDoor.message(posting: body)
            let connection = try FastCGIExchange(service.client.address)
            #expect(connection.send(raw: Array(message.prefix(message.count - 60))))
            // The one after it is answered, so this one has been taken up.
            #expect(service.client.post(SentCallback("KH-2").body, tally).status == 200)
            service.process.signal(SIGTERM)
            try eventually("end of the socket", within: 10) { access("\(site.root)/s", F_OK) == 0 ? nil : true }
            tally.sending(body)
            #expect(connection.send(raw: Array(message.suffix(60))))
            let answer = Answer(try? connection.answer())
            tally.answered(body, answer)
            #expect(answer.status == 200)
            #expect(try service.process.ending(seconds: 9).status == 0)
            #expect(try site.problems(tally) == [])
        }

        /// Regression: the connection was closed, and the web server answered 502.
        @Test("A connection made just before SIGTERM still gets its answer")
        func justConnected() throws {
            let site = try Site()
            let tally = Tally()
            let socket = try HandedOverSocket(site, name: "s")
            let process = try socket.start(site, as: 3)
            let body = SentCallback("KH-1").body
            let connection = try FastCGIExchange(socket.client.address)
            // Taken from the queue after the other one.
            #expect(socket.client.post(SentCallback("KH-2").body, tally).status == 200)
            process.signal(SIGTERM)
            // The time that a web server takes to send what it has connected for, and the service to begin to stop.
            usleep(200_000)
            tally.sending(body)
            #expect(connection.send(raw: FastCGIDoor.message(posting: body)))
            let answer = Answer(try? connection.answer())
            tally.answered(body, answer)
            #expect(answer.status == 200)
            #expect(try process.ending(seconds: 9).status == 0)
            #expect(try site.problems(tally) == [])
        }

        @Test("Peers that say half a request, or nothing, end neither service nor shutdown")
        func silentPeers() throws {
            let site = try Site()
            let tally = Tally()
            let service = try Service(site, threads: 4)
            let body = SentCallback("KH-1").body
            let message = FastCGIDoor.message(posting: body)
            let silent = try FastCGIExchange(service.client.address)
            let half = try FastCGIExchange(service.client.address)
            let other = try FastCGIExchange(service.client.address)
            #expect(half.send(raw: Array(message.prefix(30))))
            #expect(other.send(raw: Array(message.prefix(message.count - 10))))
            for number in 0..<20 {
                #expect(service.client.post(SentCallback("KH-\(number)").body, tally).status == 200)
            }
            let start = ContinuousClock.now
            #expect(try service.stop(within: 14) == 0)
            #expect(ContinuousClock.now - start < .seconds(13))
            #expect(try site.problems(tally) == [])
            // They are there to the end.
            withExtendedLifetime([silent, half, other]) {}
        }
    }
}
