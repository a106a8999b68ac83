import TestSupport

/// What came back for one request.
struct Answer: Sendable {
    /// `nil` where no whole answer came.
    var status: Int?
    /// What the program wrote to its log, under CGI.
    var log = ""
    /// The program was killed, under CGI.
    var wasKilled = false

    /// No answer.
    static let none = Answer(nil)

    init(whole status: Int) {
        self.status = status
    }

    /// An answer counts only if it is there to its end.
    init(_ reply: Reply?) {
        guard let reply, reply.headers["content-length"] == "\(reply.body.count)", reply.headers["status"] != nil
        else { return }
        status = reply.status
    }

    init(cgi ending: Ending) {
        self.init(try? Reply(cgi: ending.bytes))
        log = ending.errors
        wasKilled = ending.status == Ending.killed
    }
}
