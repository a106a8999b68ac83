import ArgumentParser

struct KHOINSCallbackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "khoins-callback",
        abstract: "Receives KHOINS callbacks and keeps each result as a JSON file.",
        discussion: """
            A web server runs this program by CGI or FastCGI, without any argument; the commands below are for the \
            operator. Settings come from flags, then the environment, then the settings file (KHOINS_SETTINGS, or \
            khoins-callback.env beside the executable).
            """,
        version: Version.description,
        subcommands: [
            Serve.self, List.self, Show.self, Follow.self, Expect.self, Import.self, Stats.self, Verify.self,
            Archive.self, Check.self,
        ])
}
