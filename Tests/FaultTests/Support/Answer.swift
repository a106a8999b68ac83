/// What came back for one request.
struct Answer: Sendable {
    /// `nil` where no whole answer came.
    var status: Int?
    var body: String
    /// What the program wrote to its log, under CGI.
    var log = ""
    /// The program was killed, under CGI.
    var wasKilled = false

    /// Reads an answer as a CGI program or a FastCGI application gives it. Counts only if it is there to its end.
    init(_ bytes: [UInt8]) {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        body = parts.count == 2 ? String(parts[1]) : ""
        var length: Int?
        for line in parts.first?.split(separator: "\r\n") ?? [] {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == "Status:" { status = Int(words[1]) }
            if words.count >= 2, words[0] == "Content-Length:" { length = Int(words[1]) }
        }
        if parts.count != 2 || length != body.utf8.count { status = nil }
    }

    /// One that did not come over a connection.
    init(whole status: Int) {
        self.status = status
        body = ""
    }

    /// No answer.
    static let none = Answer([])
}
