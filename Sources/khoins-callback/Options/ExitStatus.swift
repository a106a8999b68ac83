import ArgumentParser
import Operations
import System

/// Exit statuses that the contract promises, besides 0.
enum ExitStatus {
    static let found = ExitCode(1)
    static let couldNotRun = ExitCode(2)
    static let usage = ExitCode(64)
}

/// Says on standard error why a command could not run.
func fail(_ sentence: String) -> ExitCode {
    StandardError.say(.error, "khoins-callback: \(sentence)")
    return ExitStatus.couldNotRun
}
