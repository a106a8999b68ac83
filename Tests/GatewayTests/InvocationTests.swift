import Testing

@testable import Gateway

@Suite("How the program was called")
struct InvocationTests {
    struct Case: Sendable {
        var environment: [String: String] = [:]
        var listening: Set<Int32> = []
        var invocation: Invocation
    }

    static let cases = [
        Case(invocation: .command),
        Case(environment: ["PATH": "/bin"], listening: [7], invocation: .command),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], invocation: .cgi),
        Case(environment: ["GATEWAY_INTERFACE": ""], invocation: .cgi),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], listening: [3], invocation: .cgi),
        Case(listening: [0], invocation: .fastCGI(socket: 0)),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], listening: [0], invocation: .fastCGI(socket: 0)),
        Case(environment: ["LISTEN_FDS": "1"], listening: [3], invocation: .fastCGI(socket: 3)),
        Case(environment: ["LISTEN_FDS": "2"], listening: [3, 4], invocation: .fastCGI(socket: 3)),
        Case(environment: ["LISTEN_FDS": "1", "LISTEN_PID": "42"], listening: [3], invocation: .fastCGI(socket: 3)),
        Case(environment: ["LISTEN_FDS": "1", "LISTEN_PID": "43"], listening: [3], invocation: .command),
        Case(environment: ["LISTEN_FDS": "1", "LISTEN_PID": "x"], listening: [3], invocation: .command),
        Case(environment: ["LISTEN_FDS": "0"], listening: [3], invocation: .command),
        Case(environment: ["LISTEN_FDS": "x"], listening: [3], invocation: .command),
        Case(environment: ["LISTEN_FDS": "1"], invocation: .command),
        Case(environment: ["LISTEN_FDS": "1"], listening: [0, 3], invocation: .fastCGI(socket: 0)),
        Case(listening: [3], invocation: .command),
    ]

    @Test("decides what it does", arguments: cases)
    func invocation(_ given: Case) {
        let invocation = Invocation(environment: given.environment, processID: 42) { given.listening.contains($0) }
        #expect(invocation == given.invocation)
    }
}
