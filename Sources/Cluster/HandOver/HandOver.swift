import Formats
import Glibc
import Journal
import Ledger
import System

/// How commands of this machine hand entries to `serve`, which alone may add to a cluster's data directory: over a socket in
/// it, `journal/.handover`, that only its own user and root can open.
///
/// A connection carries one batch, as `AgreedBatch` has it, up to the end of what the command sends; and then, a line of JSON
/// each, what became of its entries.
package struct HandOver: Sendable {
    /// Seconds for each step: an agreement may take a few.
    private static let patience = 20
    /// Bytes of a batch or an answer, at most.
    private static let maximumLength = 16 << 20

    private let path: String

    /// - Parameter path: The data directory.
    package init(path: String) { self.path = "\(path)/\(Journal.directoryName)/.handover" }

    /// Hands entries over, and waits until all of them are agreed on and stored, or have failed.
    package func commit(_ submissions: [Submission]) -> Ledger.Commit {
        do throws(LedgerError) {
            let batch = AgreedBatch(member: "-", number: 0, nonce: "-", entries: submissions.map(\.entry))
            let answer = try exchange(batch.value)
            let lines = answer.split(separator: UInt8(ascii: "\n"))
            let outcomes = zip(submissions, lines).map { Self.outcome(of: $0, Array($1)) }
            guard outcomes.count == submissions.count else {
                throw .notAgreed(reason: "`khoins-callback serve` has ended; it may be agreed later")
            }
            return Ledger.Commit(outcomes: outcomes)
        } catch {
            return Ledger.Commit(outcomes: submissions.map { _ in .failure(error) })
        }
    }

    private func exchange(_ bytes: [UInt8]) throws(LedgerError) -> [UInt8] {
        let descriptor = try Socket.make(AF_UNIX)
        defer { close(descriptor) }
        Socket.makeBlocking(descriptor, seconds: Self.patience)
        guard let address = UnixAddress(path) else { throw Self.tooLong }
        do throws(LedgerError) { try address.connect(descriptor) } catch {
            throw .notAgreed(
                reason:
                    "in a cluster `khoins-callback serve` stores it, and that does not answer on \(path) (\(error.reason))"
            )
        }
        try Socket.send(bytes, to: descriptor)
        Socket.endSending(descriptor)
        return try Descriptor.readAll(descriptor, "a socket", limit: Self.maximumLength)
    }

    private static let tooLong = LedgerError.notAgreed(
        reason: "the data directory's path is too long for a socket in it")

    /// Takes what commands hand over, on a thread of its own, until the process ends.
    ///
    /// - Parameter commit: Called by that thread.
    package func serve(_ commit: @escaping @Sendable ([Submission]) -> Ledger.Commit) throws(LedgerError) {
        guard let address = UnixAddress(path) else { throw Self.tooLong }
        let listener = try Socket.make(AF_UNIX)
        do throws(LedgerError) {
            unlink(path)
            try address.bind(listener)
            // Nobody can connect before it listens.
            try systemCall("chmod", path) { chmod(path, 0o600) }
            try Socket.listen(listener)
        } catch {
            close(listener)
            throw error
        }
        do throws(Thread.Failure) {
            try Thread.start {
                while true {
                    guard let connection = try? Socket.accept(listener) else {
                        usleep(10_000)
                        continue
                    }
                    Socket.makeBlocking(connection, seconds: Self.patience)
                    Self.answer(connection, commit)
                    close(connection)
                }
            }
        } catch { throw LedgerError(error) }
    }

    package func remove() { unlink(path) }

    private static func answer(_ connection: Int32, _ commit: ([Submission]) -> Ledger.Commit) {
        guard let bytes = try? Descriptor.readAll(connection, "a socket", limit: maximumLength),
            let entries = try? AgreedBatch(member: "-", number: 0, value: bytes).entries()
        else { return }
        var answer: [UInt8] = []
        for outcome in commit(entries.map { Submission($0) }).outcomes {
            answer += line(outcome)
            answer.append(UInt8(ascii: "\n"))
        }
        try? Socket.send(answer, to: connection)
    }

    private static func line(_ outcome: CommitResult) -> [UInt8] {
        var writer = JSONWriter()
        writer.open("{")
        switch outcome {
        case .success(.filed(let trxid, let memberid, let change)):
            writer.member("trxid", trxid)
            writer.member("memberid", memberid)
            writer.member("change", change.rawValue)
        case .success(.rejected): writer.mark("rejected", true)
        case .failure(let error):
            writer.member("failure", error.explanation)
            writer.mark("concernsOneRecord", error.concernsOneRecord)
        }
        writer.close("}")
        return writer.bytes
    }

    private static func outcome(of submission: Submission, _ line: [UInt8]) -> CommitResult {
        let value = try? JSONParser.parse(line)
        if let change = value?["change"]?.string.flatMap({ Change(rawValue: $0) }) {
            return .success(
                .filed(trxid: value?["trxid"]?.string, memberid: value?["memberid"]?.string, change: change))
        }
        if value?["rejected"] != nil, let rejection = submission.rejection { return .success(.rejected(rejection)) }
        let words = value?["failure"]?.string ?? "its answer cannot be read"
        return .failure(value?["concernsOneRecord"] != nil ? .cannotRebuild(path: words) : .notAgreed(reason: words))
    }
}
