import Glibc
import Testing

/// Every way in which a web server calls the program.
package enum WayIn: String, CaseIterable, CustomTestStringConvertible {
    case nginxUnix = "nginx over a unix socket"
    case nginxTCP = "nginx over TCP"
    case apacheFcgid = "Apache with mod_fcgid"
    case apacheProxyFcgi = "Apache with mod_proxy_fcgi"
    case apacheCgid = "Apache with mod_cgid"
    case apacheCgi = "Apache with mod_cgi"
    case sharedHost = "a shared host with .htaccess and cgi-bin"
    case lighttpd = "lighttpd, which starts it itself"
    case lighttpdCGI = "lighttpd with mod_cgi"
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
        case .apacheCgi: apache("cgi", "mpm_prefork")
        case .sharedHost: apache("cgid", "rewrite", "dir")
        case .lighttpd, .lighttpdCGI: ["lighttpd"]
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
    /// - Parameters:
    ///   - settings: What stands in the settings file besides token and directory.
    ///   - host: The host name that the examples get.
    /// - Returns: Once a callback could be stored.
    package func open(
        settings: String = "", host: String = Request.exampleHost, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Installation {
        let installation =
            try self == .sharedHost
            ? Installation(Scratch(sourceLocation: sourceLocation))
            : Installation.prepared(settings: settings, sourceLocation: sourceLocation)
        installation.host = host
        try start(installation, installation.scratch, settings)
        try installation.waitUntilHealthy()
        return installation
    }

    /// Starts everything, whatever the settings are, and does not wait for an answer.
    package func start(in installation: Installation) throws {
        try start(installation, installation.scratch, "")
    }

    /// - Parameter settings: What the settings files that are written here hold besides token and directory.
    private func start(_ installation: Installation, _ scratch: Scratch, _ settings: String) throws {
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
        case .apacheCgi: try installation.apache(.cgid, isPrefork: true)
        case .sharedHost:
            try scratch.uploadForSharedHost(settings)
            try installation.sharedHost(allowOverride: "AuthConfig FileInfo Indexes Limit Options")
        case .lighttpd: try installation.lighttpd()
        case .lighttpdCGI: try installation.lighttpd(isCGI: true)
        case .spawnFCGI:
            try installation.spawnFCGI(on: socket)
            try installation.nginx(handler: .unix(socket))
        case .fcgiwrap:
            // fcgiwrap passes on no settings: the file beside the executable has to do.
            try scratch.writeSettings(settings, to: "bin/khoins-callback.env")
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
    package func uploadForSharedHost(_ settings: String = "") throws {
        try makeDirectory("home/khoins-callback")
        try makeDirectory("home/public_html/cgi-bin")
        try installExecutable(in: "home/khoins-callback")
        try writeSettings(settings, to: "home/khoins-callback/khoins-callback.env")
        try write(Template.read("scripts/examples/htaccess", replacing: [:]), to: "home/public_html/.htaccess")
        try writeProgram(
            Template.read("scripts/examples/cgi-bin/khoins.cgi", replacing: [:]),
            to: "home/public_html/cgi-bin/khoins.cgi")
    }
}
