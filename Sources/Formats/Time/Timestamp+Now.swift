import System

extension Timestamp {
    /// The system's clock.
    package static var now: Timestamp { Timestamp(microseconds: Clock.microseconds) }
}
