/// What is to be sent for a request.
package struct FastCGIReply: Sendable {
    /// Header and body, as CGI has them.
    package var bytes: [UInt8]
    /// A line for the web server's error log.
    package var errorLine: String?
    /// Whether it tells a stranger that he is refused: it may have to wait where there are many.
    package var isRefusal: Bool

    package init(bytes: [UInt8], errorLine: String? = nil, isRefusal: Bool = false) {
        self.bytes = bytes
        self.errorLine = errorLine
        self.isRefusal = isRefusal
    }
}
