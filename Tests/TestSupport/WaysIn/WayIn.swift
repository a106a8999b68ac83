import Glibc
import Testing

/// Every way in which a web server calls the program.
package enum WayIn: String, CaseIterable, CustomTestStringConvertible {
    case nginxUnix = "nginx over a unix socket"
    case nginxTCP = "nginx over TCP"
    case apacheFcgid = "Apache with mod_fcgid"
    case apacheProxyFcgi = "Apache with mod_proxy_fcgi"
    case apacheCgid = "Apache with mod_cgid"
    case sharedHost = "a shared host with .htaccess and cgi-bin"
    case lighttpd = "lighttpd, which starts it itself"
    case spawnFCGI = "spawn-fcgi behind nginx"
    case fcgiwrap = "fcgiwrap behind nginx"
    case socketActivation = "systemd-socket-activate behind nginx"
    case passedSocket = "a socket passed by LISTEN_FDS"
    case cgi = "the process itself, by CGI"
    case fastCGI = "serve itself, by FastCGI"

    package var testDescription: String { rawValue }

    /// What has to be installed: programs, and modules by their path.
    package var needs: [String] {
        func apache(_ modules: String...) -> [String] {
            ["apache2"] + modules.map { "/usr/lib/apache2/modules/mod_\($0).so" }
        }
        return switch self {
        case .nginxUnix, .nginxTCP: ["nginx"]
        case .apacheFcgid: apache("fcgid")
        case .apacheProxyFcgi: apache("proxy", "proxy_fcgi")
        case .apacheCgid: apache("cgid")
        case .sharedHost: apache("cgid", "rewrite", "dir")
        case .lighttpd: ["lighttpd"]
        case .spawnFCGI: ["spawn-fcgi", "nginx"]
        case .fcgiwrap: ["fcgiwrap", "nginx"]
        case .socketActivation: ["systemd-socket-activate", "nginx"]
        case .passedSocket, .cgi, .fastCGI: []
        }
    }

    /// Those of some ways that can be tested here. The others are left out, and `WaysInTests` says so; where they are
    /// required they stay, and fail.
    package static func testable(_ ways: [WayIn] = allCases) -> [WayIn] {
        ways.filter { ServerProgram.isRequired || ServerProgram.missing($0.needs).isEmpty }
    }

    /// Everything that some way needs.
    package static let allNeeds = Set(allCases.flatMap(\.needs)).sorted()

    /// Starts everything that it takes.
    ///
    /// - Returns: Once a callback could be stored.
    package func open(sourceLocation: SourceLocation = #_sourceLocation) throws -> Installation {
        let installation =
            try self == .sharedHost
            ? Installation(Scratch(sourceLocation: sourceLocation))
            : Installation.prepared(sourceLocation: sourceLocation)
        try start(in: installation)
        try installation.waitUntilHealthy()
        return installation
    }

    /// Starts everything, whatever the settings are, and does not wait for an answer.
    package func start(in installation: Installation) throws {
        try start(installation, installation.scratch)
    }

    private func start(_ installation: Installation, _ scratch: Scratch) throws {
        let socket = scratch.file("run/handler.sock")
        switch self {
        case .nginxUnix:
            try installation.serve(on: .unix(socket))
            try installation.nginx(handler: .unix(socket))
        case .nginxTCP:
            let port = try LoopbackPort.next()
            try installation.serve(on: .tcp(port))
            try installation.nginx(handler: .tcp(port))
        case .apacheFcgid: try installation.apache(.fcgid)
        case .apacheProxyFcgi:
            try installation.serve(on: .unix(socket))
            try installation.apache(.proxyFcgi)
        case .apacheCgid: try installation.apache(.cgid)
        case .sharedHost:
            try scratch.uploadForSharedHost()
            try installation.sharedHost(allowOverride: "AuthConfig FileInfo Indexes Limit Options")
        case .lighttpd: try installation.lighttpd()
        case .spawnFCGI:
            try installation.spawnFCGI(on: socket)
            try installation.nginx(handler: .unix(socket))
        case .fcgiwrap:
            // fcgiwrap passes on no settings: the file beside the executable has to do.
            try scratch.writeSettings(to: "bin/khoins-callback.env")
            try installation.fcgiwrap(on: socket)
            let script = "fastcgi_param SCRIPT_FILENAME \(scratch.executable);"
            let line = "fastcgi_param GATEWAY_INTERFACE CGI/1.1;"
            try installation.nginx(
                handler: .unix(socket),
                [line: "\(line) \(script)", "fastcgi_keep_conn on;": "fastcgi_keep_conn off;"])
        case .socketActivation:
            try installation.socketActivate(on: socket)
            try installation.nginx(handler: .unix(socket))
        case .passedSocket:
            try installation.passSocket(socket)
            installation.door = FastCGIDoor(address: .unix(socket))
        case .cgi:
            installation.door = scratch.cgiDoor
        case .fastCGI:
            try installation.serve(on: .unix(socket))
            installation.door = FastCGIDoor(address: .unix(socket))
        }
    }
}

extension Scratch {
    /// What the package for shared hosting holds, unpacked in a user's home.
    package func uploadForSharedHost() throws {
        try makeDirectory("home/khoins-callback")
        try makeDirectory("home/public_html/cgi-bin")
        try installExecutable(in: "home/khoins-callback")
        try writeSettings(to: "home/khoins-callback/khoins-callback.env")
        try write(Template.read("scripts/examples/htaccess", replacing: [:]), to: "home/public_html/.htaccess")
        try writeProgram(
            Template.read("scripts/examples/cgi-bin/khoins.cgi", replacing: [:]),
            to: "home/public_html/cgi-bin/khoins.cgi")
    }
}
