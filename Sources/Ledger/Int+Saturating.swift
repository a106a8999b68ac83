extension Int {
    /// The sum, or the nearest number there is to it: what stands in a file that somebody has edited must not end the
    /// program.
    package func addingSaturated(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
