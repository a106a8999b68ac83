import FoundationEssentials
import Glibc

extension Installation {
    /// The example files for Apache.
    package enum ApacheExample: String {
        case cgid = "scripts/examples/apache-cgid.conf"
        case fcgid = "scripts/examples/apache-fcgid.conf"
        case proxyFcgi = "scripts/examples/apache-proxy-fcgi.conf"
    }

    /// Apache with one of the repository's examples; nothing but paths and ports is replaced.
    ///
    /// - Parameter isPrefork: Apache itself is one process a connection, and runs CGI programs with mod_cgi.
    package func apache(_ example: ApacheExample, isPrefork: Bool = false) throws {
        let logs: KeyValuePairs = ["/var/log/apache2/": scratch.file("logs/")]
        let program: KeyValuePairs = [
            "\"/usr/local/bin": "\"\(scratch.file("bin"))",
            "/etc/khoins-callback/khoins-callback.env": scratch.file("etc/khoins-callback.env"),
        ]
        switch example {
        case .cgid:
            try apache(
                modules: [isPrefork ? "cgi" : "cgid"], isPrefork ? "" : "ScriptSock \(scratch.file("run/cgid"))",
                processes: isPrefork ? "mpm_prefork" : "mpm_event"
            ) { port in
                let site = try Template.read(example.rawValue, replacing: ["*:80>": "*:\(port)>"])
                return try edited(example, site, logs, program)
            }
        case .fcgid:
            let own = """
                FcgidIPCDir \(scratch.file("run/fcgid"))
                FcgidProcessTableFile \(scratch.file("run/fcgid-table"))
                """
            try apache(modules: ["fcgid"], own) { port in
                let site = try Template.read(example.rawValue, replacing: ["*:80>": "*:\(port)>"])
                return try edited(example, site, logs, program)
            }
        case .proxyFcgi:
            try apache(modules: ["proxy", "proxy_fcgi"], "") { port in
                let site = try Template.read(
                    example.rawValue,
                    replacing: [
                        "*:80>": "*:\(port)>",
                        "/run/khoins-callback/khoins-callback.sock": scratch.file("run/handler.sock"),
                    ])
                return try edited(example, site, logs)
            }
        }
    }

    private func edited(
        _ example: ApacheExample, _ site: String, _ changes: KeyValuePairs<String, String>...
    ) throws -> String {
        let named = try changes.reduce(site) { try Template.edit($0, example.rawValue, $1) }
        return try Template.edit(named, example.rawValue, edits)
    }

    /// Apache as a shared host runs it: no configuration of ours but the .htaccess, programs in cgi-bin only.
    ///
    /// - Parameters:
    ///   - allowOverride: What the host lets a .htaccess do.
    ///   - options: What the host lets Apache do with the files.
    ///   - runsPrograms: Whether cgi-bin is a folder of programs.
    package func sharedHost(
        allowOverride: String, options: String = "Indexes FollowSymLinks", runsPrograms: Bool = true
    ) throws {
        let programs = "ScriptAlias /cgi-bin/ \(scratch.file("home/public_html/cgi-bin"))/"
        try apache(modules: ["cgid", "rewrite", "dir"], "ScriptSock \(scratch.file("run/cgid"))") { port in
            """
            <VirtualHost *:\(port)>
                ServerName callback.example.com
                DocumentRoot \(scratch.file("home/public_html"))
                \(runsPrograms ? programs : "")
                <Directory \(scratch.file("home/public_html"))>
                    AllowOverride \(allowOverride)
                    Options \(options)
                    Require all granted
                </Directory>
                ErrorLog \(scratch.file("logs/apache-error.log"))
            </VirtualHost>
            """
        }
    }

    private func apache(
        modules: [String], _ own: String, processes: String = "mpm_event", site: (UInt16) throws -> String
    ) throws {
        let program = try ServerProgram.path("apache2")
        let directory = "/usr/lib/apache2/modules"
        let all = [processes, "authz_core", "authz_host", "alias", "env", "reqtimeout"] + modules
        let port = try start("apache") { port in
            try scratch.write(site(port), to: "etc/site.conf")
            let user = ServerUser.name
            let main = try scratch.write(
                """
                \(all.map { "LoadModule \($0)_module \(directory)/mod_\($0).so" }.joined(separator: "\n"))
                \(ServerUser.ifRoot("User \(user)\nGroup \(user)"))
                ServerRoot \(scratch.path)
                ServerName 127.0.0.1
                DefaultRuntimeDir \(scratch.file("run"))
                PidFile \(scratch.file("run/apache.pid"))
                ErrorLog \(scratch.file("logs/apache-main.log"))
                StartServers 1
                Listen 127.0.0.1:\(port)
                \(own)
                <Directory />
                    AllowOverride None
                    Require all denied
                </Directory>
                Include \(scratch.file("etc/site.conf"))

                """, to: "etc/apache.conf")
            // When it stops, mpm_prefork ends its whole process group (apache2's prefork.c); that must not be ours.
            return Command("/usr/bin/setsid", program, "-D", "FOREGROUND", "-f", main)
        }
        // For a moment the socket of mod_cgid's daemon is root's, and who asks then is answered with 503.
        if modules.contains("cgid") {
            try wait(for: "mod_cgid's socket") {
                let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("run"))
                return names.contains { name in
                    var status = stat()
                    return name.hasPrefix("cgid.") && stat(scratch.file("run/\(name)"), &status) == 0
                        && status.st_uid == (ServerUser.isRoot ? ServerUser.numericID : geteuid())
                }
            }
        }
        door = HTTPDoor(port: port, host: host)
    }
}
