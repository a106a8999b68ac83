import System
import Testing

@testable import Gateway

@Suite("How the program was called")
struct InvocationTests {
    struct Case: Sendable {
        var environment: Variables = [:]
        var listening: Set<Int32> = []
        var hasArguments = false
        var invocation: Invocation
    }

    static let cases = [
        Case(invocation: .usage),
        Case(hasArguments: true, invocation: .command),
        Case(environment: ["PATH": "/bin"], listening: [7], invocation: .usage),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], hasArguments: true, invocation: .cgi),
        // fcgiwrap with parameters picked by hand.
        Case(environment: ["REQUEST_METHOD": "POST"], invocation: .cgi),
        Case(environment: ["REQUEST_METHOD": "GET", "QUERY_STRING": "x"], invocation: .cgi),
        Case(environment: ["REQUEST_METHOD": ""], invocation: .cgi),
        Case(environment: ["REQUEST_METHOD": "POST"], hasArguments: true, invocation: .command),
        Case(environment: ["REQUEST_METHOD": "POST"], listening: [0], invocation: .fastCGI(socket: 0)),
        Case(environment: ["REQUEST_METHOD": "POST", "LISTEN_FDS": "1"], listening: [3], invocation: .cgi),
        Case(environment: ["request_method": "POST"], invocation: .usage),
        Case(environment: ["QUERY_STRING": "a", "CONTENT_LENGTH": "1"], invocation: .usage),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], invocation: .cgi),
        Case(environment: ["GATEWAY_INTERFACE": ""], invocation: .cgi),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], listening: [3], invocation: .cgi),
        Case(listening: [0], invocation: .fastCGI(socket: 0)),
        Case(environment: ["GATEWAY_INTERFACE": "CGI/1.1"], listening: [0], invocation: .fastCGI(socket: 0)),
        Case(environment: ["LISTEN_FDS": "1"], listening: [3], invocation: .fastCGI(socket: 3)),
        Case(environment: ["LISTEN_FDS": "2"], listening: [3, 4], invocation: .fastCGI(socket: 3)),
        Case(environment: ["LISTEN_FDS": "1", "LISTEN_PID": "42"], listening: [3], invocation: .fastCGI(socket: 3)),
        Case(environment: ["LISTEN_FDS": "1", "LISTEN_PID": "43"], listening: [3], invocation: .usage),
        Case(environment: ["LISTEN_FDS": "1", "LISTEN_PID": "x"], listening: [3], invocation: .usage),
        Case(environment: ["LISTEN_FDS": "0"], listening: [3], invocation: .usage),
        Case(environment: ["LISTEN_FDS": "x"], listening: [3], invocation: .usage),
        Case(environment: ["LISTEN_FDS": "1"], invocation: .usage),
        Case(environment: ["LISTEN_FDS": "1"], listening: [0, 3], invocation: .fastCGI(socket: 0)),
        Case(listening: [3], invocation: .usage),
        Case(environment: ["LISTEN_FDS": "1"], hasArguments: true, invocation: .command),
    ]

    @Test("decides what it does", arguments: cases)
    func invocation(_ given: Case) {
        let invocation = Invocation(
            environment: given.environment, hasArguments: given.hasArguments, processID: 42
        ) { given.listening.contains($0) }
        #expect(invocation == given.invocation)
    }
}
