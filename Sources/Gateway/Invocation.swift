import Glibc
import System

/// How the program was called, which decides what it does (see the table in docs/apache-lighttpd.md).
package enum Invocation: Equatable, Sendable {
    /// Answer one request, on standard input and output.
    case cgi
    /// Serve FastCGI on this listening socket, which was handed over.
    case fastCGI(socket: Int32)
    /// Do what the arguments say.
    case command
    /// Nobody has said what to do: say how this is used, on standard error alone, since a web server may take what is
    /// on standard output for an answer.
    case usage

    /// The number of the first descriptor that systemd hands over (sd_listen_fds(3)).
    static let firstPassedDescriptor: Int32 = 3

    /// - Parameters:
    ///   - environment: The process's variables.
    ///   - hasArguments: Whether there are any. Under `GATEWAY_INTERFACE` they are a stranger's, and count for nothing
    ///     (RFC 3875, section 4.4); a server that does not set that says by `REQUEST_METHOD` alone that it is one.
    ///   - processID: `LISTEN_PID` must name it, where that is set.
    ///   - isListening: Whether a descriptor is a listening socket.
    package init(
        environment: Variables, hasArguments: Bool, processID: Int32, isListening: (Int32) -> Bool
    ) {
        if isListening(STDIN_FILENO) {
            self = .fastCGI(socket: STDIN_FILENO)
        } else if environment["GATEWAY_INTERFACE"] != nil || environment["REQUEST_METHOD"] != nil && !hasArguments {
            self = .cgi
        } else if let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count > 0,
            environment["LISTEN_PID"].map({ Int32($0) == processID }) ?? true,
            isListening(Self.firstPassedDescriptor)
        {
            self = .fastCGI(socket: Self.firstPassedDescriptor)
        } else {
            self = hasArguments ? .command : .usage
        }
    }
}
