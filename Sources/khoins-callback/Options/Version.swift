/// What `--version` says. The number stands here and nowhere else: `scripts/build` and CHANGELOG.md follow it.
///
/// `scripts/build` knows which commit it builds. It writes `Commit.swift` beside this file, which git ignores, and sets
/// `KHOINS_COMMIT`. Any other build knows no commit, and says the number alone.
enum Version {
    static let number = "0.2.0-dev"

    /// The number and, as its build metadata (SemVer 2.0), the commit: `0.2.0-dev+0123456789`, or
    /// `0.2.0-dev+0123456789.dirty` if what was built was not what had been committed.
    static let description = commit.map { "\(number)+\($0)" } ?? number

    #if !KHOINS_COMMIT
        private static let commit: String? = nil
    #endif
}
