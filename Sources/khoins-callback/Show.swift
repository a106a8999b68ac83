import ArgumentParser
import KHOINSCallback
import Ledger

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one transaction or top-up.",
        discussion: """
            Takes a trxid; or the ID of a top-up as `list` shows it, its trxid, or its memberid where the member has \
            one top-up only. Exits with 1 if there is none.

            Examples:
              khoins-callback show KH-9001
              khoins-callback show goodlink+9 --json
              khoins-callback show KH-9001 --raw | jq .
            """)

    @Argument(help: "The trxid, or a top-up's ID.")
    var trxid: String

    @OptionGroup var options: DataOption

    @Flag(help: "Print the bodies as they came, oldest first, one a line.")
    var raw = false

    @Flag(help: "Print the record's file.")
    var json = false

    func validate() throws {
        if json, raw { throw ValidationError("Only one of --json and --raw can be had.") }
    }

    func run() throws {
        let isFound = try options.withRecords { records in
            let names = try records.names(meantBy: trxid)
            guard names.count == 1, let stored = try records.record(names[0]) else {
                sayWhatThereIs(names)
                return false
            }
            try show(stored)
            return true
        }
        if isFound != true { throw ExitStatus.found }
    }

    private func show(_ stored: StoredRecord) throws {
        if !stored.isIntact {
            StandardError.write(
                "khoins-callback: \(stored.name.path) is damaged or was edited: `khoins-callback verify` says more\n")
        }
        if json {
            StandardOutput.writeData(stored.json)
            return
        }
        guard let record = stored.record else { throw ExitStatus.couldNotRun }
        if raw {
            for delivery in record.deliveries { StandardOutput.writeData(delivery.body + [UInt8(ascii: "\n")]) }
        } else {
            RecordSheet(stored.name, record).print()
        }
    }

    private func sayWhatThereIs(_ names: [RecordName]) {
        guard !names.isEmpty else {
            StandardError.write("khoins-callback: there is no transaction and no top-up “\(trxid.printable)”\n")
            return
        }
        StandardError.write(
            "khoins-callback: “\(trxid.printable)” is \(names.count) top-ups; show one of them by its ID:\n")
        for name in names { StandardError.write("  \(name.shown.printable)\n") }
    }
}
