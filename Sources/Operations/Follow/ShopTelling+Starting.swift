import Gateway
import Ledger
import System

extension ShopTelling {
    /// What requests say that they come from; main sets it.
    package static let version = Locked("0")

    /// How the shop is told, and what that takes.
    package struct Way: Sendable {
        package var way: TellSettings.Way
        /// Commands, or processes of curl, that run at once.
        package var parallel: Int
        /// Milliseconds after which a command is ended.
        package var execTimeout: Int64

        package init(_ way: TellSettings.Way, parallel: Int = 4, execTimeout: Int64 = 60_000) {
            self.way = way
            self.parallel = parallel
            self.execTimeout = execTimeout
        }

        /// Throws what keeps this way from ever working, such as a script that cannot be run.
        package func check() throws(Settings.Problem) {
            switch way {
            case .exec(let command):
                if let fault = ExecCommand.fault(in: command) { throw Settings.Problem(fault) }
            case .forward:
                guard ForwardTeller.isThere() else {
                    throw Settings.Problem(
                        "forwarding needs the program curl, which is not installed: `apt install curl`, or take KHOINS_EXEC"
                    )
                }
            }
        }
    }

    /// - Parameter path: The data directory.
    /// - Returns: `nil` if the source has no cursor.
    package convenience init?(
        _ source: FollowSource, _ wakeup: FollowWakeup, _ way: Way, path: String, _ choices: Choices
    ) throws(LedgerError) {
        MemoryFile.lastResort(path)
        let teller: any Teller =
            switch way.way {
            case .exec(let command):
                ExecTeller(ExecCommand(command, dataDirectory: path), source, timeout: way.execTimeout)
            case .forward(let url): ForwardTeller(url, version: Self.version.withLock { $0 })
            }
        try self.init(source, wakeup, teller, parallel: way.parallel, choices)
    }
}
