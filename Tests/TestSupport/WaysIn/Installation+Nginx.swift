import Foundation

extension Installation {
    /// The operator who may see the listing.
    package static let operatorLogin = "operator:sandi-operator"

    /// nginx with the repository's own nginx.conf.example; nothing but paths and ports is replaced.
    ///
    /// - Parameter edit: What else an operator changes in the file.
    /// - Returns: nginx's port.
    @discardableResult
    package func nginx(
        handler: Address, _ edit: KeyValuePairs<String, String> = [:]
    ) throws -> UInt16 {
        let program = try ServerProgram.path("nginx")
        try scratch.write(
            Self.operatorLogin.replacingOccurrences(of: ":", with: ":{PLAIN}") + "\n", to: "etc/htpasswd")
        let port = try start("nginx") { port in
            let site = try Template.read(
                "nginx.conf.example",
                replacing: [
                    "listen 80;": "listen 127.0.0.1:\(port);",
                    "server unix:/run/khoins-callback/khoins-callback.sock;":
                        "server \(handler.text);",
                    "/var/lib/khoins-callback": scratch.data.path,
                    "/var/log/nginx/": scratch.file("logs/"),
                    "/etc/nginx/khoins-callback.htpasswd": scratch.file("etc/htpasswd"),
                ])
            let edited = try Template.edit(
                Template.edit(site, "nginx.conf.example", edit), "nginx.conf.example", edits)
            try scratch.write(edited, to: "etc/site.conf")
            let temporary = ["client_body", "fastcgi", "proxy", "scgi", "uwsgi"].map {
                "\($0)_temp_path \(scratch.file("run/nginx-\($0)"));"
            }
            let main = try scratch.write(
                """
                \(ServerUser.ifRoot("user \(ServerUser.name);"))
                daemon off;
                worker_processes 2;
                pid \(scratch.file("run/nginx.pid"));
                error_log \(scratch.file("logs/nginx.log"));
                events { worker_connections 256; }
                http {
                    access_log off;
                    \(temporary.joined(separator: "\n    "))
                    include \(scratch.file("etc/site.conf"));
                }

                """, to: "etc/nginx.conf")
            return Command(program, "-p", scratch.path, "-e", scratch.file("logs/nginx-start.log"), "-c", main)
        }
        door = HTTPDoor(port: port, host: host)
        return port
    }
}
