import Formats

/// The month of an archive file, UTC: `2026-08.jsonl`.
package struct ArchiveMonth: Hashable, Comparable, Sendable {
    static let directoryName = "archive"

    /// Months since the year 0.
    let ordinal: Int

    package init(ordinal: Int) {
        self.ordinal = ordinal
    }

    /// The month that a record goes into, by the arrival of what set its status.
    package init(_ time: Timestamp) {
        let civil = time.civil()
        ordinal = civil.year * 12 + civil.month - 1
    }

    package init?(fileName: String) {
        let parts = fileName.split(separator: ".", omittingEmptySubsequences: false)
        let fields = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 2, let year = decimal(fields[0].utf8), let month = decimal(fields[1].utf8),
            year < 10_000, (1...12).contains(month)
        else { return nil }
        ordinal = year * 12 + month - 1
        guard self.fileName == fileName else { return nil }
    }

    package var fileName: String { "\(padded(ordinal / 12, 4))-\(padded(ordinal % 12 + 1, 2)).jsonl" }

    /// `archive/2026-08.jsonl`
    package var path: String { "\(Self.directoryName)/\(fileName)" }

    package static func < (left: ArchiveMonth, right: ArchiveMonth) -> Bool { left.ordinal < right.ordinal }
}

/// Where a line of the archive begins.
struct ArchiveLocation: Hashable, Sendable {
    var month: ArchiveMonth
    /// Bytes from the beginning of the file.
    var offset: Int
}
