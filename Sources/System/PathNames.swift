/// Paths as texts; nothing is looked up.
package enum PathNames {
    /// The directory that a path's last part is in.
    package static func parent(of path: String) -> String {
        let trimmed = path.prefix(upTo: path.lastIndex { $0 != "/" }.map { path.index(after: $0) } ?? path.startIndex)
        guard let slash = trimmed.lastIndex(of: "/") else { return "." }
        return slash == trimmed.startIndex ? "/" : String(trimmed[..<slash])
    }
}
