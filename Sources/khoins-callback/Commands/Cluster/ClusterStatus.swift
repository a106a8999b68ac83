#if Cluster
    import ArgumentParser
    import Cluster
    import Formats
    import Gateway
    import Journal
    import Ledger
    import Operations

    struct ClusterStatus: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Say who is in the cluster, and how far each is.",
            discussion: """
                Exits with 1 if somebody should look at something: a server that is gone, far behind, different, or was not seen \
                for a minute, or an etcd that gives no answer.

                Example:
                  khoins-callback cluster status --json
                """)

        @OptionGroup var options: ClusterOptions

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let overview = try reportingRefusals { () throws -> ClusterOverview in
                let identity = try options.identity()
                let path = try options.values().dataDirectory()
                return ClusterOverview(
                    identity, agreed: try Snapshot(lookingAt: path).journal.agreed(), store: try options.client(),
                    now: .now)
            }
            if json { StandardOutput.writeJSONLine(overview.json) } else { show(overview) }
            if overview.needsLook { throw ExitStatus.found }
        }

        private func show(_ overview: ClusterOverview) {
            if let problem = overview.problem {
                StandardOutput.writeWords("etcd gives no answer: \(problem)")
                return
            }
            StandardOutput.writeWords(
                "cluster \(overview.identity.cluster), this is \(overview.identity.member); etcd needs \(grouped((overview.size ?? 0) >> 20)) MiB"
            )
            var table = Table(
                [
                    .init("SERVER"), .init("STANDING"), .init("NEXT", .right), .init("BEHIND", .right),
                    .init("SEEN", .right), .init("VERSION"),
                ],
                write: StandardOutput.writeLine)
            for row in overview.rows {
                let style: Style = row.trouble(overview.now) == nil ? .plain : .red
                table.append([
                    .init(row.name), .init(row.isDifferent ? "different" : row.standing, style),
                    .init(row.next.map { grouped($0) } ?? "-"), .init(row.behind.map { grouped($0) } ?? "-"),
                    .init(row.seenWords(overview.now)), .init(row.version ?? "-"),
                ])
            }
            table.finish()
            for trouble in overview.troubles { StandardOutput.writeWords(trouble) }
        }
    }
#endif
