import Journal

/// What makes a batch the entries of all servers of a cluster.
package struct Agreement: Sendable {
    /// The number of the first entry.
    package var start: Position
    /// By the index of a submission: those that end a batch that was agreed. The last one has one.
    package var marks: [Int: AgreementMark]

    package init(start: Position, marks: [Int: AgreementMark]) {
        self.start = start
        self.marks = marks
    }
}
