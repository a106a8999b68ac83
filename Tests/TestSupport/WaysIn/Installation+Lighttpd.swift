extension Installation {
    /// lighttpd with the repository's example, which makes it start the program itself; nothing but paths is replaced.
    package func lighttpd() throws {
        let program = try ServerProgram.path("lighttpd")
        let example = try Template.read(
            "scripts/examples/lighttpd.conf",
            replacing: [
                "/usr/local/bin/": scratch.file("bin/"),
                "/etc/khoins-callback/khoins-callback.env": scratch.file("etc/khoins-callback.env"),
                "/run/lighttpd/khoins-callback.sock": scratch.file("run/handler.sock"),
                "/var/log/lighttpd/": scratch.file("logs/"),
            ])
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
        door = HTTPDoor(port: port)
    }
}
