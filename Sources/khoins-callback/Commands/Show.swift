import ArgumentParser
import Formats
import Gateway
import KHOINS
import Ledger
import Operations

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one transaction or top-up.",
        discussion: """
            Takes a trxid; or the ID of a top-up as `list` shows it, its trxid, or its memberid where the member has \
            one top-up only. Exits with 1 if there is none. Where rejected deliveries name the id, it shows those, and \
            exits with 1 all the same: nothing says how that order ended.

            Examples:
              khoins-callback show KH-9001
              khoins-callback show goodlink+9 --json
              khoins-callback show KH-9001 --raw | jq .
            """)

    @Argument(help: "The trxid, or a top-up's ID.", completion: .newestIDs)
    var trxid: String

    @OptionGroup var options: DataOption
    @OptionGroup var zone: ZoneOption

    @Flag(help: "Print the bodies as they came, oldest first, one a line.")
    var raw = false

    @Flag(help: "Print the record's file.")
    var json = false

    mutating func validate() throws {
        trxid = trxid.identifier ?? trxid
        if json, raw { throw ValidationError("Only one of --json and --raw can be had.") }
    }

    func run() throws {
        let zone = try zone.zone(options)
        let isFound = try options.withRecords { records in
            let names = try records.names(meantBy: trxid)
            guard names.count == 1, let stored = try records.record(names[0]) else {
                if names.isEmpty, try showRejected(records, zone) { return false }
                try sayWhatThereIs(names, records, zone)
                return false
            }
            try show(stored, zone)
            return true
        }
        if isFound != true { throw ExitStatus.found }
    }

    private func show(_ stored: StoredRecord, _ zone: Zone) throws {
        if stored.json.isEmpty { return }
        if !stored.isIntact {
            StandardError.write(
                "khoins-callback: \(stored.name.path) is damaged or was edited: `khoins-callback verify` says more\n")
        }
        if json {
            StandardOutput.writeData(stored.json)
            return
        }
        guard let record = stored.record else { throw ExitStatus.found }
        if raw {
            for delivery in record.deliveries { StandardOutput.writeData(delivery.body + [UInt8(ascii: "\n")]) }
        } else {
            RecordSheet(stored.name, record, zone: zone).print()
            let positions = Set(record.deliveries.map(\.journal))
            let tellings = try CursorReader(path: try options.values().dataDirectory()).tellings(of: positions)
            TellingSheet.print(tellings.known, zone)
            for path in tellings.unread {
                StandardError.write("khoins-callback: \(path.printable) cannot be read, and is left out\n")
            }
            if !tellings.unread.isEmpty { throw ExitStatus.found }
        }
    }

    /// - Returns: Whether there was anything to show.
    private func showRejected(_ records: borrowing RecordReader, _ zone: Zone) throws -> Bool {
        let rejected = try records.rejected(naming: trxid)
        if rejected.isEmpty { return false }
        StandardError.write(
            "khoins-callback: there is no transaction and no top-up “\(trxid.printable)”, but "
                + (rejected.count == 1
                    ? "a rejected delivery names it:\n"
                    : "\(rejected.count) rejected deliveries name it, the newest first:\n"))
        for stored in rejected {
            if json {
                StandardOutput.writeJSONLine(Array(RecordPrinter.compact(stored.json).utf8))
            } else if raw {
                StandardOutput.writeData(stored.body + [UInt8(ascii: "\n")])
            } else {
                show(stored, zone)
            }
        }
        return true
    }

    private func show(_ stored: StoredRejection, _ zone: Zone) {
        var table = Table(Array(RecordSheet.columns.prefix(2)), write: StandardOutput.writeLine)
        let rows: [(String, String?)] = [
            ("rejected", stored.error), ("receivedAt", LocalTime(stored.receivedAt, zone).text),
            ("remoteAddress", stored.remoteAddress), ("trxid", stored.ids.trxid), ("memberid", stored.ids.memberid),
            ("method", stored.method), ("query", stored.query),
            ("body", "\(grouped(stored.body.count)) bytes; see --raw"),
            ("file", stored.path),
        ]
        for (key, value) in rows {
            if let value { table.append([.init(key, .bold), .init(value)]) }
        }
        table.finish()
        StandardOutput.writeLine("")
    }

    private func sayWhatThereIs(_ names: [RecordName], _ records: borrowing RecordReader, _ zone: Zone) throws {
        guard !names.isEmpty else {
            StandardError.write("khoins-callback: there is no transaction and no top-up “\(trxid.printable)”\n")
            return
        }
        StandardError.write(
            "khoins-callback: “\(trxid.printable)” is \(names.count) top-ups; show one of them by its ID:\n")
        // The newest first; one that cannot be read last.
        var choices = try names.map { (name: $0, record: try records.record($0)?.record) }
        choices.sort { ($0.record?.receivedAt.microseconds ?? .min) > ($1.record?.receivedAt.microseconds ?? .min) }
        var table = Table(
            [.init("ID"), .init("TIME"), .init("STATUS"), .init("RUPIAH", .right)], hasColour: false,
            room: Terminal.errorWidth
        ) { StandardError.write("\($0)\n") }
        for choice in choices {
            let callback = choice.record?.callback
            table.append([
                .init(choice.name.shown), choice.record.map { .init($0.receivedAt, zone) } ?? "",
                .init(callback?.status.rawValue ?? ""), .init(callback?.amount.map(grouped) ?? ""),
            ])
        }
        table.finish()
    }
}
