import System

extension Member {
    /// Why a call did not do what it was to do.
    package enum Failure: Error, Equatable, Sendable {
        /// Etcd gave no answer. Try again.
        case noAnswer(EtcdFailure)
        /// The journal did not take what was agreed. Try again.
        case notAppended(LedgerError)
        /// For good: an operator must do something.
        case stopped(LedgerError)

        package var error: LedgerError {
            switch self {
            case .noAnswer(let failure): .notAgreed(reason: failure.reason)
            case .notAppended(let error), .stopped(let error): error
            }
        }
    }
}
