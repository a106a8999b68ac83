import ArgumentParser
import Formats
import Gateway
import Ledger
import Operations
import System

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say whether this installation works.",
        discussion: """
            Each line says what was looked at, whether it is ok, and if not what to do. Stores something for a \
            moment, as the user whose data it is, and takes it away again. Exits with 1 if callbacks would fail, or \
            if the shop is not told of them: because KHOINS_FORWARD or KHOINS_EXEC cannot work, or because a follower \
            is behind by more than 5 minutes. Where KHOINS_LISTEN says on which socket the program serves, asks it there; where \
            KHOINS_URL says what KHOINS calls, sends a GET with the token through the real web server, and says which \
            link of the chain broke. Both belong in the settings file. KHOINS_URL needs no token, which is added from \
            KHOINS_TOKEN; one that has it should not be given as --url, for a flag's value is in every process list. \
            Where KHOINS_PAGE_KEY is set, asks for the operators' page beside that URL too.

            Examples:
              khoins-callback check
              khoins-callback check --url https://api.example.com/laporan/khoins
            """)

    @OptionGroup var options: ServingOptions

    @Option(help: ArgumentHelp("Where the program serves (KHOINS_LISTEN).", valueName: "address"))
    var listen: String?

    @Option(
        help: ArgumentHelp(
            "The URL that KHOINS calls; the token is added where it is missing (KHOINS_URL).", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("How many files the host allows, where it counts them.", valueName: "n"))
    var fileLimit: Int?

    @Flag(help: "Print one JSON object a line.")
    var json = false

    func validate() throws {
        if let fileLimit, fileLimit < 1 { throw ValidationError("--file-limit must be 1 or more.") }
    }

    func run() throws {
        let results = results()
        if json {
            for result in results { StandardOutput.writeJSONLine(Array(result.json.utf8)) }
        } else {
            var table = Table(
                [.init(""), .init("", excess: .folds(8)), .init("", excess: .folds(20))],
                write: StandardOutput.writeLine)
            for result in results {
                table.append([.init(result.verdict.rawValue, result.style), .init(result.subject), .init(result.words)])
            }
            table.finish()
        }
        if results.contains(where: { $0.verdict == .bad }) { throw ExitStatus.found }
    }

    private func results() -> [CheckResult] {
        let values: SettingValues
        do throws(Settings.Problem) {
            values = try options.values()
        } catch {
            return [CheckResult(.bad, "settings", error.sentence)]
        }
        var results = SettingsCheck.results(values)
        if let path = values[.data] {
            var cluster: ClusterOverview?
            do throws(LedgerError) {
                cluster = try ClusterCheck.overview(values, path: path, now: .now)
                if let result = ClusterCheck.result(values, cluster) { results.append(result) }
            } catch {
                results.append(CheckResult(.bad, "cluster", error.explanation))
            }
            let zone = (try? values.zone()) ?? .wib
            results += DirectoryCheck.results(path: path, fileLimit: fileLimit, now: .now, zone: zone)
            results += FollowerCheck.results(values, path: path, cluster: cluster, now: .now)
        }
        if let result = HandlerCheck.result(values) { results.append(result) }
        results.append(SocketCheck.result(listen ?? values[.listen], values))
        results.append(URLCheck.result(url ?? values[.url], (try? values.tokens()) ?? []))
        if let page = PageCheck.result(values, url ?? values[.url]) { results.append(page) }
        return results.map { Self.hiding(values, in: $0) }
    }

    /// A secret that was set in the place of something else would be quoted with what is wrong there.
    private static func hiding(_ values: SettingValues, in result: CheckResult) -> CheckResult {
        let keys = [SettingValues.Name.pageKey, .monitorToken].compactMap { values[$0] }
        let tokens = ((try? values.tokens()) ?? []) + keys.flatMap { $0.split(separator: ",").map(String.init) }
        var result = result
        for token in tokens where token.utf8.count >= 8 {
            result.words = result.words.replacing(token, with: "TOKEN")
        }
        return result
    }
}
