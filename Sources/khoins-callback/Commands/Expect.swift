import ArgumentParser
import Formats
import Journal
import KHOINS
import Ledger
import Operations

struct Expect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Note a trxid as Pending when you send its order.",
        discussion: """
            The callback may come before or after this: a record that a callback has set, or that is expected already, \
            is never touched, and the exit status is 0 in every case. What stays Pending shows in `list`.

            Example:
              khoins-callback expect KH-9001 --product TH10 --destination 0812000111
            """)

    @Argument(help: "The id that the order is sent with.")
    var trxid: String

    @OptionGroup var options: DataOption

    @Option(help: ArgumentHelp("The product that is ordered.", valueName: "p"))
    var product: String?

    @Option(help: ArgumentHelp("Where it goes, such as a phone number.", valueName: "d"))
    var destination: String?

    @Flag(help: "Print a JSON object.")
    var json = false

    mutating func validate() throws {
        // As a callback's id is read, or none would ever come for it.
        guard let id = trxid.identifier else {
            throw ValidationError(
                trxid.allSatisfy(\.isWhitespace)
                    ? "The trxid is empty." : "No callback has the trxid \(trxid): it stands for none.")
        }
        trxid = id
        if RecordName(trxid: trxid) == nil {
            throw ValidationError("The trxid is too long: its file name would pass \(RecordName.maximumLength) bytes.")
        }
    }

    func run() throws {
        try reportingProblems {
            let (ledger, path) = try options.ledger()
            let expectation = Expectation(
                trxid: trxid, product: product, destination: destination, notedAt: .now)
            let commit = try options.service(path) ?? { ledger.commit($0) }
            let change = try commit([Submission(expectation)]).outcomes[0].get()
            let isNew = change == .filed(trxid: trxid, memberid: nil, change: .created)
            say(isNew: isNew, status: isNew ? .pending : try Self.status(of: trxid, path))
        }
    }

    private static func status(of trxid: String, _ path: String) throws -> Status {
        guard let reader = try RecordReader(path: path), let name = RecordName(trxid: trxid) else { return .unknown }
        return try reader.record(name)?.record?.status ?? .unknown
    }

    private func say(isNew: Bool, status: Status) {
        guard json else {
            let result = isNew ? "noted as \(status.rawValue)" : "is there already, as \(status.rawValue)"
            StandardOutput.writeWords("\(trxid.printable) \(result)")
            return
        }
        var writer = JSONWriter()
        writer.object([("trxid", trxid), ("status", status.rawValue), ("result", isNew ? "created" : "exists")])
        StandardOutput.writeJSONLine(writer.bytes)
    }
}
