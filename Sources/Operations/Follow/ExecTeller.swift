import Glibc
import Journal
import Ledger
import System

/// Tells the shop by a command, which is run for each entry.
final class ExecTeller: Teller {
    /// Milliseconds between the signal that asks a command to end and the one that ends it.
    private static let grace: Int64 = 5_000
    /// Bytes of a command's output that are kept: the last ones.
    private static let outputLength = 4_096

    private struct Running {
        var slot: Int
        var position: Position
        var program: ChildProgram
        var text: [UInt8] = []
        /// When it is ended.
        var deadline: Int64
        var isAskedToEnd = false
    }

    private let command: ExecCommand
    private let source: FollowSource
    private let timeout: Int64
    private var running: [pid_t: Running] = [:]
    private var early: [(slot: Int, position: Position, outcome: TellOutcome)] = []

    /// - Parameter timeout: Milliseconds after which a command that runs is ended.
    init(_ command: ExecCommand, _ source: FollowSource, timeout: Int64) {
        self.command = command
        self.source = source
        self.timeout = timeout
    }

    var noticesPerMinute: Int { 20 }
    var takesExpectations: Bool { true }
    func limit(areRetries: Bool) -> Int { 1 }
    func subject(_ title: String) -> String { "the command for \(title)" }
    var descriptors: [Int32] { running.values.map(\.program.output).filter { $0 >= 0 } }
    var nextMoment: Int64? { early.isEmpty ? running.values.map(\.deadline).min() : 0 }

    func start(_ slot: TellSchedule.Slot, _ tellings: [Telling]) {
        for telling in tellings {
            do throws(LedgerError) {
                guard let change = try source.change(of: telling.placed) else {
                    early.append((slot.id, telling.position, .told("nothing to tell")))
                    continue
                }
                let program = try command.start(for: change)
                running[program.process] = Running(
                    slot: slot.id, position: telling.position, program: program,
                    deadline: FollowWakeup.now + timeout)
            } catch {
                let failure = TellFailure(cause: "start", words: "could not be started: \(error.reason)")
                early.append((slot.id, telling.position, .failed(failure)))
            }
        }
    }

    func collect(now: Int64) -> [(slot: Int, position: Position, outcome: TellOutcome)] {
        var outcomes = early
        early = []
        for pid in running.keys {
            guard var known = running[pid] else { continue }
            let status = known.program.ending()
            drain(&known)
            running[pid] = known
            if let status {
                running[pid] = nil
                known.program.closeOutput()
                outcomes.append((known.slot, known.position, outcome(of: known, status)))
            } else if now >= known.deadline {
                // The group: what the command has started in turn ends too.
                kill(-pid, known.isAskedToEnd ? SIGKILL : SIGTERM)
                known.isAskedToEnd = true
                known.deadline = now + Self.grace
                running[pid] = known
            }
        }
        return outcomes
    }

    /// Takes what there is of the output; a command never waits for somebody who reads it.
    private func drain(_ known: inout Running) {
        var text = known.text
        known.program.read { piece in
            text += piece
            if text.count > Self.outputLength { text.removeFirst(text.count - Self.outputLength) }
        }
        known.text = text
    }

    private func outcome(of known: Running, _ status: Int32) -> TellOutcome {
        let signal = status & 0x7F
        if status == 0 {
            if !known.text.isEmpty {
                FollowNotices.pass(on: known.text.last == UInt8(ascii: "\n") ? known.text : known.text + [10])
            }
            return .told("exited with 0")
        }
        let ending =
            known.isAskedToEnd
            ? "was ended after \(timeout / 1_000) s"
            : signal == 0 ? "exited with \(status >> 8 & 0xFF)" : "was ended by signal \(signal)"
        let line = Self.lastLine(of: known.text)
        return .failed(TellFailure(cause: ending, words: line.isEmpty ? ending : "\(ending): \(line)"))
    }

    /// The last line that says something, as it can be shown in one line of a log.
    static func lastLine(of text: [UInt8]) -> String {
        let lines = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline)
        let last = lines.last { $0.contains { !$0.isWhitespace } } ?? ""
        return String(last.drop(while: \.isWhitespace).prefix(200)).printable
    }
}
