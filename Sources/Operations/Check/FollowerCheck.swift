import Formats
import Gateway
import Ledger
import System

/// Looks at how the shop is told, and how far whoever follows the journal has come.
package enum FollowerCheck {
    /// - Parameters:
    ///   - path: The data directory.
    ///   - cluster: How the other servers are, where there are some: what one of them tells, this one need not.
    package static func results(
        _ values: SettingValues, path: String, cluster: ClusterOverview?, now: Timestamp
    ) -> [CheckResult] {
        let reports: [CursorReport]
        do throws(LedgerError) {
            reports = try CursorReader(path: path).reports().filter { cluster?.otherTeller(of: $0.name) == nil }
        } catch {
            // The data directory's own fault is said of that.
            reports = []
        }
        return [way(values)].compactMap { $0 } + reports.compactMap { lag($0, now) }
    }

    /// What is wrong with the settings themselves is said elsewhere.
    private static func way(_ values: SettingValues) -> CheckResult? {
        guard let tell = try? values.tell() else { return nil }
        do throws(Settings.Problem) {
            try ShopTelling.Way(tell.way).check()
        } catch {
            return CheckResult(.bad, "shop", error.sentence)
        }
        if case .forward(let url) = tell.way, let fault = unreached(url) {
            return CheckResult(.warning, "shop", "KHOINS_FORWARD: \(fault); callbacks wait until it can be reached")
        }
        let words =
            switch tell.way {
            case .forward: "told by KHOINS_FORWARD"
            case .exec: "told by KHOINS_EXEC"
            }
        return CheckResult(
            .ok, "shop",
            tell.isAutomatic ? words : "\(words), by a service or cron: KHOINS_FOLLOW=off keeps handlers from it")
    }

    /// Why nobody answers where bodies are to go; `nil` where somebody does. Connects, and sends nothing: the shop would
    /// take it for a callback.
    private static func unreached(_ url: ForwardURL) -> String? {
        let (host, port) = url.server
        do throws(ClientSocket.Failure) {
            _ = try ClientSocket(host: host, port: port)
            return nil
        } catch {
            return "nobody could be reached at \(host.printable), port \(port) (\(error.words))"
        }
    }

    /// - Returns: `nil` for one that is not behind.
    static func lag(_ report: CursorReport, _ now: Timestamp) -> CheckResult? {
        let subject = "follower"
        let name = "“\(report.name.printable)”"
        guard report.cursor != nil else {
            return CheckResult(.bad, subject, "the cursor \(name) cannot be read: \(report.cure)")
        }
        guard report.isLate(now), let since = report.backlogSince else { return nil }
        let span = duration(microseconds: now.microseconds - since.microseconds)
        let count = report.backlog
        let answer =
            report.waiting.min { $0.since < $1.since }?.answer.map { ", the last answer: \($0.printable)" } ?? ""
        let worker = report.holder == nil ? "; nobody follows under that name now" : ""
        return CheckResult(
            .bad, subject,
            "\(name) is behind since \(span), with \(grouped(count)) entries\(answer)\(worker): see `khoins-callback follow --status`"
        )
    }
}
