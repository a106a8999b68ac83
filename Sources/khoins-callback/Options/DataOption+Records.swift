import ArgumentParser
import Gateway
import Ledger
import Operations
import System

extension DataOption {
    /// Opens the records, only to look at them.
    ///
    /// - Returns: What `body` returns; `nil`, with a word to the operator, where nothing was ever kept.
    func withRecords<Value>(_ body: (borrowing RecordReader) throws -> Value) throws -> Value? {
        try reportingProblems {
            let path = try values().dataDirectory()
            guard let reader = try RecordReader(path: path) else {
                StandardError.write("khoins-callback: \(path) holds no callbacks yet\n")
                return nil
            }
            let value = try body(reader)
            let passedOver =
                name(reader.unreadable, "cannot be read, and is left out")
                + name(reader.damaged, "is damaged, and is left out")
                + name(reader.damagedStretches, "in the journal: what stood there is passed over")
            let missing = reader.missing.count
            if missing > 0 {
                StandardError.write(
                    "khoins-callback: \(missing) missing left out: `khoins-callback verify` says which\n")
            }
            if passedOver + missing > 0 { throw ExitStatus.found }
            return value
        }
    }
}

/// Names on standard error what was passed over; of many, the first ones.
///
/// - Returns: How many there are.
private func name(_ paths: [String], _ words: String) -> Int {
    let shown = paths.count > 20 ? 10 : paths.count
    for path in paths.prefix(shown) { StandardError.write("khoins-callback: \(path.printable) \(words)\n") }
    if paths.count > shown {
        StandardError.write(
            "khoins-callback: and so are \(paths.count - shown) more: `khoins-callback verify` says which\n")
    }
    return paths.count
}

/// Runs the work of a command; says in one sentence why it could not be done.
func reportingProblems<Value>(_ work: () throws -> Value) throws -> Value {
    do {
        return try work()
    } catch let problem as Settings.Problem {
        throw fail(problem.sentence)
    } catch let error as LedgerError {
        throw fail(error.explanation)
    }
}
