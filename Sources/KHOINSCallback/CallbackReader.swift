/// Reads callbacks: bytes in, values out.
package enum CallbackReader {
    /// Reads a body.
    ///
    /// - Parameter arrival: When the body arrived; the year of the text's time is the one nearest to it.
    package static func read(_ body: [UInt8], arrival: Timestamp) throws(Unreadable) -> Callback {
        throw .noID
    }
}
