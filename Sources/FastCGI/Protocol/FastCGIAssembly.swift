/// One request as it comes together from a FastCGI connection, whatever the pieces (FastCGI 1.0, sections 3 to 5).
///
/// libfcgi trusts its peer: it takes any length that a parameter claims, overruns a buffer of its stack when values are
/// asked for often enough, and waits for ever for what does not come. So it is shown nothing of a request but its
/// number. Memory is bounded, and work is linear in what comes.
struct FastCGIAssembly: Sendable {
    /// Bytes of a request's parameters, at most; a web server's own limit on headers is smaller.
    static let maximumParameters = 128 << 10
    /// Bytes of an unwanted body that are taken before the answer: some web servers take none before they have sent
    /// it all.
    static let maximumUnwanted = 16 << 20
    private static let maximumReplies = 1024
    private static let maximumValues = 1024

    enum Stage: Equatable, Sendable {
        case begin
        case parameters
        case body
        /// All of it is here, or all that will come.
        case complete
        /// Nothing more is to be said to this peer but `replies`.
        case refused
    }

    private(set) var stage = Stage.begin
    /// The peer wants to send another request over this connection.
    private(set) var keepsConnection = false
    /// What the peer is to be told before any answer.
    private(set) var replies: [UInt8] = []
    /// Why a request that had begun is not answered.
    private(set) var failure: String?

    /// Whether nothing of the request is kept but its number, as there is no memory for it.
    private(set) var isDropped = false

    private let maximumBody: Int
    private(set) var requestID: UInt16 = 0
    private(set) var parameters: [UInt8] = []
    private(set) var body: [UInt8] = []
    private var unwanted = 0

    private var head: [UInt8] = []
    private var record: FastCGIRecord?
    private var contentLeft = 0
    private var paddingLeft = 0
    /// The content of the current record, where it is a small one.
    private var content: [UInt8] = []

    /// - Parameter maximumBody: Bytes of a body; of one that is longer, one byte more is kept, which tells so.
    init(maximumBody: Int) {
        self.maximumBody = maximumBody
    }

    var isOver: Bool { stage == .complete || stage == .refused }
    /// Whether anything of a request has come.
    var hasBegun: Bool { stage != .begin || !head.isEmpty || record != nil }
    /// Bytes of memory, roughly.
    var size: Int { parameters.count + body.count + replies.count + content.count }

    /// A CGI variable.
    func variable(_ name: String) -> String? { FastCGIRecord.value(of: name, in: parameters) }

    /// Up to `limit` bytes of the body; lets go of all that the request says.
    mutating func takeBody(limit: Int) -> [UInt8] {
        defer {
            parameters = []
            body = []
        }
        return body.count <= limit ? body : Array(body.prefix(limit))
    }

    /// An answer to the request, header and body as CGI has them, where libfcgi cannot be had.
    func answer(_ content: [UInt8]) -> [UInt8] {
        FastCGIRecord.stream(FastCGIRecord.Kind.standardOutput, id: requestID, content)
            + FastCGIRecord.end(id: requestID, .complete)
    }

    /// Lets go of what has come of the request, and of what comes: it can only be told that there is no memory for it.
    mutating func drop() {
        isDropped = true
        parameters = []
        body = []
    }

    mutating func takeReplies() -> [UInt8] {
        defer { replies = [] }
        return replies
    }

    /// Takes what came, up to the end of a request.
    ///
    /// - Returns: How many bytes were taken.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        var index = 0
        while index < bytes.count, !isOver {
            if record == nil, head.isEmpty, bytes.count - index >= FastCGIRecord.headLength {
                let end = index + FastCGIRecord.headLength
                beginRecord(FastCGIRecord(head: UnsafeRawBufferPointer(rebasing: bytes[index..<end])))
                index = end
            } else if record == nil {
                let count = min(FastCGIRecord.headLength - head.count, bytes.count - index)
                head += bytes[index..<(index + count)]
                index += count
                if head.count == FastCGIRecord.headLength { beginRecord(FastCGIRecord(head: head)) }
            } else if contentLeft > 0 {
                let count = min(contentLeft, bytes.count - index)
                takeContent(UnsafeRawBufferPointer(rebasing: bytes[index..<(index + count)]))
                contentLeft -= count
                index += count
            } else {
                let count = min(paddingLeft, bytes.count - index)
                paddingLeft -= count
                index += count
            }
            if record != nil, contentLeft == 0, paddingLeft == 0, !isOver { endRecord() }
        }
        return index
    }

    /// Nothing more will come. What did come of a body is a delivery all the same.
    mutating func end() {
        if !isOver {
            if stage == .body {
                stage = .complete
            } else {
                fail(hasBegun ? "the connection ended before the request's variables did" : nil)
            }
        }
        keepsConnection = false
    }

    private mutating func beginRecord(_ record: FastCGIRecord?) {
        guard let record else {
            fail("what came is no FastCGI")
            return
        }
        if !head.isEmpty { head.removeAll(keepingCapacity: true) }
        if !content.isEmpty { content.removeAll(keepingCapacity: true) }
        self.record = record
        contentLeft = record.contentLength
        paddingLeft = record.paddingLength
    }

    private mutating func takeContent(_ bytes: UnsafeRawBufferPointer) {
        guard let record else { return }
        switch (record.kind, stage) {
        case (FastCGIRecord.Kind.parameters, _) where isDropped, (FastCGIRecord.Kind.standardInput, _) where isDropped:
            unwanted += bytes.count
            if unwanted > Self.maximumUnwanted { end() }
        case (FastCGIRecord.Kind.parameters, .parameters) where record.requestID == requestID:
            guard parameters.count + bytes.count <= Self.maximumParameters else {
                refuse(.overloaded, "the request's variables are too many")
                return
            }
            parameters += bytes
        case (FastCGIRecord.Kind.standardInput, .body) where record.requestID == requestID:
            let wanted = min(bytes.count, maximumBody + 1 - body.count)
            body += bytes.prefix(wanted)
            unwanted += bytes.count - wanted
            if unwanted > Self.maximumUnwanted { end() }
        case (FastCGIRecord.Kind.beginRequest, _), (FastCGIRecord.Kind.getValues, _):
            if record.contentLength <= Self.maximumValues { content += bytes }
        default: break
        }
    }

    private mutating func endRecord() {
        guard let record else { return }
        self.record = nil
        switch record.kind {
        case FastCGIRecord.Kind.beginRequest: begin(record)
        case FastCGIRecord.Kind.abortRequest where record.requestID == requestID && stage != .begin: end()
        case FastCGIRecord.Kind.parameters where record.requestID == requestID && stage == .parameters:
            guard record.contentLength == 0 else { return }
            if FastCGIRecord.arePairs(parameters) { stage = .body } else { fail("the request's variables are torn") }
        case FastCGIRecord.Kind.standardInput where record.requestID == requestID && stage == .body:
            if record.contentLength == 0 { stage = .complete }
        case FastCGIRecord.Kind.getValues where record.requestID == 0: answerValues()
        case _ where record.requestID == 0:
            reply(FastCGIRecord.bytes(FastCGIRecord.Kind.unknownType, id: 0, [record.kind, 0, 0, 0, 0, 0, 0, 0]))
        default: break
        }
    }

    private mutating func begin(_ record: FastCGIRecord) {
        guard record.requestID != 0, content.count == 8, stage == .begin || record.requestID != requestID else {
            fail("what came is no FastCGI request")
            return
        }
        guard stage == .begin else {
            reply(FastCGIRecord.end(id: record.requestID, .cannotMultiplex))
            return
        }
        requestID = record.requestID
        keepsConnection = content[2] & FastCGIRecord.keepConnection != 0
        stage = .parameters
        if Int(content[0]) << 8 | Int(content[1]) != FastCGIRecord.responderRole {
            refuse(.unknownRole, "the request asks for another role than that of a responder")
        }
    }

    private mutating func answerValues() {
        let asked = FastCGIRecord.pairs(content) ?? []
        let name = Array("FCGI_MPXS_CONNS".utf8)
        let isAsked = asked.contains { content[$0.name].elementsEqual(name) }
        let values = isAsked ? [UInt8(name.count), 1] + name + [UInt8(ascii: "0")] : []
        reply(FastCGIRecord.bytes(FastCGIRecord.Kind.getValuesResult, id: 0, values))
    }

    private mutating func refuse(_ status: FastCGIRecord.ProtocolStatus, _ reason: String) {
        replies += FastCGIRecord.end(id: requestID, status)
        fail(reason)
    }

    private mutating func fail(_ reason: String?) {
        failure = reason
        stage = .refused
    }

    private mutating func reply(_ bytes: [UInt8]) {
        // Somebody who never sends a request but wants many replies is no web server.
        if replies.count + bytes.count > Self.maximumReplies {
            fail("what came asks for much and brings no request")
        } else {
            replies += bytes
        }
    }
}
