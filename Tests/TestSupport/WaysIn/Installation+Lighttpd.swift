extension Installation {
    /// lighttpd with the repository's example, which makes it start the program itself; nothing but paths, and the host
    /// where a test has one, is replaced.
    ///
    /// - Parameter isCGI: Takes the example's lines for a process a request, in place of those above them.
    package func lighttpd(isCGI: Bool = false) throws {
        let program = try ServerProgram.path("lighttpd")
        let name = "scripts/examples/lighttpd.conf"
        let quotedHost = Request.exampleHost.replacing(".", with: "\\.")
        var example = try Template.read(
            name,
            replacing: [
                "/usr/local/bin/": scratch.file("bin/"),
                "/etc/khoins-callback/khoins-callback.env": scratch.file("etc/khoins-callback.env"),
                "/run/lighttpd/khoins-callback.sock": scratch.file("run/handler.sock"),
                "/var/log/lighttpd/": scratch.file("logs/"),
                quotedHost: host.replacing(".", with: "\\."),
            ])
        if isCGI { example = try Self.withCGI(example, name) }
        example = try Template.edit(example, name, edits)
        try scratch.write(example, to: "etc/site.conf")
        let user = ServerUser.name
        let port = try start("lighttpd") { port in
            let main = try scratch.write(
                """
                \(ServerUser.ifRoot("server.username = \"\(user)\"\nserver.groupname = \"\(user)\""))
                server.bind = "127.0.0.1"
                server.port = \(port)
                server.document-root = "\(scratch.file("etc"))"
                server.errorlog = "\(scratch.file("logs/lighttpd.log"))"
                server.modules = ()
                include "\(scratch.file("etc/site.conf"))"

                """, to: "etc/lighttpd.conf")
            return Command(program, "-D", "-f", main)
        }
        door = HTTPDoor(port: port, host: host)
    }

    /// The example with what it says about a process a request put in force.
    private static func withCGI(_ example: String, _ name: String) throws -> String {
        let stripped = example.replacing(/\ {8}fastcgi\.server = [\s\S]*?\)\ \)\ \)\n/, with: "")
        guard stripped != example else { throw Template.Unchanged(file: name, text: "fastcgi.server") }
        return try Template.edit(
            stripped, name,
            [
                "        #     alias.url ": "        alias.url ",
                "        #                                \"/laporan/khoins\" ": "        \"/laporan/khoins\" ",
                "        #     cgi.assign ": "        cgi.assign ",
                "        #     setenv.add-environment ": "        setenv.add-environment ",
                "\"mod_fastcgi\"": "\"mod_alias\", \"mod_cgi\", \"mod_setenv\"",
            ])
    }
}
