import Formats
import System

/// `journal/.cluster`: the journal's entries are those that several servers agree on, so that only what they agreed on may be
/// appended. Who may not know that, a CGI process say, learns it from the commit note.
package struct ClusterIdentity: Equatable, Sendable {
    /// The name of the cluster's keys in etcd.
    package var cluster: String
    /// This server's name in it.
    package var member: String
    /// Entries before this one were there before the cluster was.
    package var origin: Position

    package init(cluster: String, member: String, origin: Position) {
        self.cluster = cluster
        self.member = member
        self.origin = origin
    }

    static let fileName = ".cluster"
    private static let temporaryName = ".cluster.new"

    /// Names of clusters and members: they stand in keys and in lines.
    package static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { 97...122 ~= $0 || 48...57 ~= $0 || $0 == UInt8(ascii: "-") }
    }

    /// `nil` where the journal is one server's alone. Throws `damaged` where the file says nothing: nobody may guess.
    static func read(in journal: borrowing Directory) throws(LedgerError) -> ClusterIdentity? {
        guard let file = try opened(in: journal) else { return nil }
        guard let value = try? JSONParser.parse(try file.readAll()), let cluster = value["cluster"]?.string,
            let member = value["member"]?.string, let origin = Position(value["origin"])
        else { throw .damaged(path: "\(journal.path)/\(fileName)") }
        return ClusterIdentity(cluster: cluster, member: member, origin: origin)
    }

    /// An error that is nobody's refuses no callback: most journals are in no cluster, and have no such file.
    private static func opened(in journal: borrowing Directory) throws(LedgerError) -> OpenFile? {
        do throws(LedgerError) {
            return try journal.openIfPresent(fileName)
        } catch {
            guard journal.isOfItself(error), try journal.isFile(fileName) == nil else { throw error }
            return nil
        }
    }

    /// Durable on return.
    func write(in journal: borrowing Directory) throws(LedgerError) {
        var writer = JSONWriter()
        writer.open("{")
        writer.member("cluster", cluster)
        writer.member("member", member)
        writer.member("origin", origin.number)
        writer.close("}")
        try journal.replace(
            Self.fileName, with: writer.bytes + [UInt8(ascii: "\n")], through: Self.temporaryName, synced: true,
            clearing: true)
        try journal.sync()
    }

    static func remove(in journal: borrowing Directory) throws(LedgerError) {
        try journal.removeIfPresent(fileName)
        try journal.sync()
    }

    static func removeLeftovers(in journal: borrowing Directory) throws(LedgerError) {
        try journal.removeLeftover(temporaryName)
    }
}
