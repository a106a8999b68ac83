import System

/// What happens beside the answers of a server; for a log.
package enum FastCGIEvent: Sendable {
    /// Something failed; requests that had come were answered with `unavailable`.
    case failed(LedgerError)
    /// A request had begun to come in, and cannot be answered.
    case brokenOff(String)
}
