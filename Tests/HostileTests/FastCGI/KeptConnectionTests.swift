import TestSupport
import Testing

@Suite("A kept FastCGI connection", .serialized)
struct KeptConnectionTests {
    @Test("brings one request after another, though the next comes with the one before", arguments: [1, 2])
    func nextAtOnce(threads: Int) throws {
        let (installation, process, address) = try Installation.serving("KHOINS_THREADS=\(threads)\n")
        let requests = (1...20).map { number in
            Request(posting: #"{"refid":"K-\#(number)","message":"{\"status\":\"Success\"}"}"#)
        }
        let peer = try Peer(address)
        peer.socket.send(requests.flatMap { Peer.honest($0, keep: true) })
        var answers: [UInt8] = []
        while Peer.kinds(answers).count(where: { $0 == Peer.Kind.end }) < requests.count {
            let more = try peer.socket.read()
            try #require(!more.isEmpty, "the connection was closed")
            answers += more
        }
        let text = String(decoding: answers, as: UTF8.self)
        for number in 1...requests.count { #expect(text.contains(#""trxid":"K-\#(number)","result":"created""#)) }
        #expect(process.isRunning)
        #expect(try installation.scratch.data.findings() == [])
    }
}
