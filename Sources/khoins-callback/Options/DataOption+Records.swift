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
            let unreadable = reader.unreadable
            for path in unreadable {
                StandardError.write("khoins-callback: \(path.printable) cannot be read, and is left out\n")
            }
            if !unreadable.isEmpty { throw ExitStatus.found }
            return value
        }
    }
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
