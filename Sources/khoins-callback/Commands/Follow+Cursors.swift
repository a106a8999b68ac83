import Formats
import Gateway
import Glibc
import Journal
import Ledger
import Operations
import System

/// What an operator asks of a cursor: how it stands, to give something up, to tell something again.
extension Follow {
    func showStatus() throws {
        let reports = try CursorReader(path: try options.values().dataDirectory()).reports()
            .filter { cursor == nil || $0.name == cursor }
        if reports.isEmpty {
            StandardError.write(
                "khoins-callback: nobody has followed under \(cursor.map { "the name “\($0.printable)”" } ?? "a name") yet\n"
            )
        }
        CursorSheet.print(reports, try zone.zone(options), json: json)
    }

    func skip(_ trxid: String) throws {
        let (ledger, path) = try options.ledger()
        try ledger.prepare()
        let name = cursor ?? "shop"
        let report = try CursorReader(path: path).reports().first { $0.name == name }
        let record = [RecordName(trxid: trxid), RecordName(spelledOut: trxid)].compactMap(\.self)
            .first { record in report?.waiting.contains { $0.name == record.path } ?? false }
        guard let report, let record else {
            StandardError.write(
                "khoins-callback: nothing of “\(trxid.printable)” waits under the cursor “\(name.printable)”\n")
            throw ExitStatus.found
        }
        let count = report.waiting.count { $0.name == record.path }
        try ask("\(count) deliver\(count == 1 ? "y" : "ies") of \(trxid.printable) will not be told.")
        try leave(.skip(record), path, name)
    }

    func rewind(to time: Timestamp) throws {
        let (ledger, path) = try options.ledger()
        try ledger.prepare()
        let name = cursor ?? "shop"
        let moment = LocalTime(time, try zone.zone(options)).text
        guard let position = try JournalFollower(path: path).position(since: time) else {
            StandardError.write("khoins-callback: the journal has nothing since \(moment)\n")
            throw ExitStatus.found
        }
        guard let report = try CursorReader(path: path).reports().first(where: { $0.name == name }) else {
            StandardError.write("khoins-callback: there is no cursor “\(name.printable)”\n")
            throw ExitStatus.found
        }
        guard let end = report.cursor?.readUpTo else {
            try ask(
                "The cursor “\(name.printable)” cannot be read. In its place comes a new one, under which all is told that came since \(moment)."
            )
            _ = try CursorFile.remake(path: path, name: name, at: position)
            StandardError.write("khoins-callback: done\n")
            return
        }
        let count = max(0, end.number - position.number)
        try ask("What came since \(moment), \(grouped(count)) entries, will be told once more.")
        try leave(.rewind(position), path, name)
    }

    /// Leaves a request for whoever follows, or does it here where nobody does.
    private func leave(_ request: CursorRequest, _ path: String, _ name: String) throws {
        guard try CursorFile.leave(request, path: path, name: name) else {
            StandardError.write("khoins-callback: there is no cursor “\(name.printable)”\n")
            throw ExitStatus.found
        }
        do throws(LedgerError) {
            guard let file = try CursorFile(path: path, name: name, patience: 0) else { return }
            _ = try file.obey()
            StandardError.write("khoins-callback: done\n")
        } catch .inUse {
            StandardError.write("khoins-callback: the follower that runs does it within a second\n")
        }
    }

    /// Asks a person; whoever is none has made up his mind.
    private func ask(_ sentence: String) throws {
        StandardError.write("khoins-callback: \(sentence)\n")
        if yes || isatty(STDIN_FILENO) == 0 { return }
        StandardError.write("Go on? [y/N] ")
        guard let answer = readLine(), ["y", "yes", "ya"].contains(answer.lowercased()) else {
            throw ExitStatus.found
        }
    }
}
