import FastCGI
import TestSupport

/// Requests by FastCGI, and what of them counts as promised.
extension FastCGIDoor {
    /// Sends a request and takes the answer; `.none` if the connection ends before that is whole.
    func request(_ variables: [String: String], _ body: String) -> Answer {
        guard let exchange = try? FastCGIExchange(address) else { return .none }
        exchange.begin(variables)
        exchange.send(Array(body.utf8))
        return Answer(try? exchange.end())
    }

    func post(_ body: String, _ tally: Tally) -> Answer {
        tally.sending(body)
        let answer = request(Self.postVariables(body), body)
        tally.answered(body, answer)
        return answer
    }

    static func postVariables(_ body: String) -> [String: String] {
        ["REQUEST_METHOD": "POST", "CONTENT_LENGTH": "\(body.utf8.count)", "REMOTE_ADDR": "182.23.3.230"]
    }

    /// The bytes of a whole request.
    static func message(posting body: String) -> [UInt8] {
        FastCGIMessage.request(postVariables(body).map { ($0, $1) }, body: Array(body.utf8))
    }
}
