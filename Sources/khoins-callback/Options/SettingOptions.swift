import ArgumentParser
import Formats
import Gateway

/// The data directory, which every command needs.
struct DataOption: ParsableArguments {
    @Option(help: ArgumentHelp("The data directory (KHOINS_DATA).", valueName: "dir"))
    var data: String?

    func values() throws(Settings.Problem) -> SettingValues {
        var values = try SettingsSource.values(
            environment: SettingsSource.environment, installed: SettingsSource.installedFile)
        values[.data] = data
        return values
    }
}

/// The zone, for every command that tells times or takes them.
struct ZoneOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The zone of days and times: \(Zone.names); WIB unless set (KHOINS_ZONE).", valueName: "zone"),
        completion: .list(Zone.allCases.map(\.rawValue)),
        transform: { name in
            guard let zone = Zone(named: name) else {
                throw ValidationError("“\(name)” is no zone: take \(Zone.names).")
            }
            return zone
        })
    var zone: Zone?

    /// The zone that was chosen, by whichever way.
    func zone(_ options: DataOption) throws -> Zone {
        if let zone { return zone }
        return try reportingProblems { () throws -> Zone in try options.values().zone() }
    }
}

/// Everything that can be set for serving. Secrets come from files only: a flag's value is in every process list.
struct ServingOptions: ParsableArguments {
    @OptionGroup var data: DataOption
    @OptionGroup var zone: ZoneOption

    @Option(
        help: ArgumentHelp("A file with the secret that a callback's URL must carry (KHOINS_TOKEN).", valueName: "file")
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp("An address or range that may post; can be repeated (KHOINS_ALLOW).", valueName: "cidr"))
    var allow: [String] = []

    @Flag(help: "Run without a token and without an address list, on purpose (KHOINS_ACCESS=open).")
    var open = false

    @Option(help: ArgumentHelp("The largest body; 65536 unless set (KHOINS_MAX_BODY).", valueName: "bytes"))
    var maxBody: String?

    @Option(help: ArgumentHelp("Requests handled at once; 8 unless set (KHOINS_THREADS).", valueName: "n"))
    var threads: String?

    @Option(
        help: ArgumentHelp(
            "Mode of a unix socket that is made; 0660 unless set (KHOINS_SOCKET_MODE).", valueName: "octal"))
    var socketMode: String?

    #if Cluster
        @Option(
            help: ArgumentHelp(
                "This server's own etcd, such as http://127.0.0.1:2379 (KHOINS_CLUSTER).", valueName: "url")
        )
        var cluster: String?
    #endif

    func settings() throws(Settings.Problem) -> Settings { try values().settings() }

    /// All that is set, by any way, not yet checked.
    func values() throws(Settings.Problem) -> SettingValues {
        var values = try data.values()
        if let tokenFile { values[.token] = try SettingsSource.token(inFile: tokenFile) }
        if !allow.isEmpty { values[.allow] = allow.joined(separator: ",") }
        if open { values[.access] = "open" }
        values[.maximumBody] = maxBody
        values[.threads] = threads
        values[.socketMode] = socketMode
        values[.zone] = zone.zone?.rawValue
        #if Cluster
            values[.cluster] = cluster
        #endif
        return values
    }
}
