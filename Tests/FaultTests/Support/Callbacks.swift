/// A callback as a test sends it.
struct SentCallback: Hashable, Sendable {
    var trxid: String
    var status: String
    /// Tells bodies of one trxid and status apart.
    var serial: String

    init(_ trxid: String, _ status: String = "Success", serial: String = "0124") {
        self.trxid = trxid
        self.status = status
        self.serial = serial
    }

    var body: String {
        let text = "R#\(trxid) Transaksi TH10 ke 0812000111 Harga:10.155 \(status). SN: \(serial)."
        return
            #"{"refid":"\#(trxid)","message":"{\"trxid\":\"\#(trxid)\",\"status\":\"\#(status)\",\"message\":\"\#(text)\"}"}"#
    }

    /// No callback at all: answered with 400 and kept under `rejected/`.
    static let rejected = "this is no callback"
}
