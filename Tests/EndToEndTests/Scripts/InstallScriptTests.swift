import Foundation
import Glibc
import TestSupport
import Testing

@Suite("scripts/install")
struct InstallScriptTests {
    @Test("puts executable, settings and units in place, and leaves an operator's settings alone")
    func intoDirectory() throws {
        let scratch = try Scratch()
        let command = Command(
            script: "install", ["--binary", try TestBinary.path()], in: scratch,
            environment: ["DESTDIR": scratch.file("home/root")])
        let first = try ChildProcess.run(command, in: scratch)
        #expect(first.status == 0, "\(first.errors)")
        let root = scratch.file("home/root")
        for name in [
            "usr/local/bin/khoins-callback", "etc/systemd/system/khoins-callback.service",
            "etc/systemd/system/khoins-callback.socket", "etc/systemd/system/khoins-callback-follow.service",
            "etc/systemd/system/khoins-callback-forward.service",
            "etc/systemd/system/khoins-callback-archive.service", "etc/systemd/system/khoins-callback-archive.timer",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(root)/\(name)"), "\(name)")
        }
        let settings = "\(root)/etc/khoins-callback/khoins-callback.env"
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        let token = try #require(text.firstMatch(of: /(?m)^KHOINS_TOKEN=([0-9a-f]{32,})$/)?.output.1)
        let key = try #require(text.firstMatch(of: /(?m)^KHOINS_PAGE_KEY=([0-9a-f]{32,})$/)?.output.1)
        #expect(token != key)
        #expect(text.contains(/(?m)^KHOINS_DATA=\/.+$/))
        var status = stat()
        #expect(stat(settings, &status) == 0)
        #expect(status.st_mode & 0o007 == 0)
        #expect(try ChildProcess.run(command, in: scratch).status == 0)
        #expect(try String(contentsOfFile: settings, encoding: .utf8) == text)
        // Nobody's records are archived unless he says so.
        #expect(first.output.contains("systemctl enable --now khoins-callback-archive.timer"))
        #expect(!FileManager.default.fileExists(atPath: "\(root)/etc/systemd/system/timers.target.wants"))
    }

    /// The script below a directory of its own, with what it says.
    private func run(_ scratch: Scratch, _ arguments: String...) throws -> Ending {
        let command = Command(
            script: "install", ["--binary", try TestBinary.path()] + arguments, in: scratch,
            environment: ["DESTDIR": scratch.file("home/root")])
        let ending = try ChildProcess.run(command, in: scratch, name: "install")
        #expect(ending.status == 0, "\(ending.errors)")
        return ending
    }

    private static let units = "home/root/etc/systemd/system"

    private func text(_ scratch: Scratch, _ name: String) throws -> String {
        try String(contentsOfFile: scratch.file("\(Self.units)/\(name)"), encoding: .utf8)
    }

    /// As it was shipped first.
    private static let oldSocket = """
        # The socket that nginx connects to. systemd holds it, so a restart of the handler refuses no callback:
        # they wait in the backlog.
        #
        # Over TCP: ListenStream=127.0.0.1:9000, and drop the lines that begin with Socket.

        [Unit]
        Description=Socket of the receiver for KHOINS callbacks

        [Socket]
        ListenStream=/run/khoins-callback/khoins-callback.sock
        DirectoryMode=0755
        SocketUser=root
        # The web server's group: www-data on Debian and Ubuntu, nginx on others.
        SocketGroup=http
        SocketMode=0660
        # A short one makes nginx answer 502 under a burst. (The kernel caps it at net.core.somaxconn.)
        Backlog=4096
        RemoveOnStop=yes

        [Install]
        WantedBy=sockets.target

        """

    @Test("replaces a unit of an older version that nobody changed, and goes on with what was chosen for it")
    func olderUnit() throws {
        let scratch = try Scratch()
        _ = try run(scratch)
        let new = try text(scratch, "khoins-callback.socket")
        try scratch.write(Self.oldSocket, to: "\(Self.units)/khoins-callback.socket")
        try scratch.write("left", to: "\(Self.units)/khoins-callback.socket.new")
        _ = try run(scratch)
        let group = try #require(new.firstMatch(of: /(?m)^SocketGroup=.*$/)).output
        #expect(try text(scratch, "khoins-callback.socket") == new.replacing(group, with: "SocketGroup=http"))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("\(Self.units)/khoins-callback.socket.new")))
    }

    @Test("leaves a unit that somebody changed, and puts the new one beside it")
    func changedUnit() throws {
        let scratch = try Scratch()
        _ = try run(scratch)
        let new = try text(scratch, "khoins-callback.socket")
        let changed = Self.oldSocket.replacing("Backlog=4096", with: "Backlog=128")
        try scratch.write(changed, to: "\(Self.units)/khoins-callback.socket")
        _ = try run(scratch, "--web-group", "www-data")
        #expect(try text(scratch, "khoins-callback.socket") == changed)
        #expect(try text(scratch, "khoins-callback.socket.new") == new)
    }

    @Test(
        "knows the units of this version as its own",
        arguments: [
            "khoins-callback.service", "khoins-callback.socket", "khoins-callback-follow.service",
            "khoins-callback-forward.service", "khoins-callback-archive.service", "khoins-callback-archive.timer",
        ])
    func knownUnits(name: String) throws {
        let scratch = try Scratch()
        let function = "sed -n '/^plain()/,/^}/p' '\(Repository.file("scripts/install"))'"
        let script = "eval \"$(\(function))\"; plain '\(Repository.file("scripts/examples/\(name)"))' | sha256sum"
        let ending = try ChildProcess.run(Command("/bin/bash", "-c", script), in: scratch)
        let sum = ending.output.prefix(64)
        let known = try String(contentsOfFile: Repository.file("scripts/units.sha256"), encoding: .utf8)
        #expect(known.contains("\(sum)  \(name)"), "scripts/units.sha256 wants the line: \(sum)  \(name)")
    }

    @Test("takes away with --uninstall what it has put there, and neither settings nor callbacks")
    func uninstall() throws {
        let scratch = try Scratch()
        _ = try run(scratch)
        let root = scratch.file("home/root")
        try scratch.write("a record", to: "home/root/var/lib/khoins-callback/kept.json")
        try scratch.write("mine", to: "home/root/usr/local/share/doc/khoins-callback/notes")
        try scratch.write("[Unit]\n# mine\n", to: "\(Self.units)/khoins-callback.service")
        let settings = "etc/khoins-callback/khoins-callback.env"
        let token = try String(contentsOfFile: "\(root)/\(settings)", encoding: .utf8)
        let said = try run(scratch, "--uninstall").output
        let left = try FileManager.default.subpathsOfDirectory(atPath: root).filter { name in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isDirectory)
                && !isDirectory.boolValue
        }
        #expect(
            Set(left) == [
                settings, "var/lib/khoins-callback/kept.json", "usr/local/share/doc/khoins-callback/notes",
                "etc/systemd/system/khoins-callback.service.changed",
            ])
        #expect(try String(contentsOfFile: "\(root)/\(settings)", encoding: .utf8) == token)
        for words in ["/var/lib/khoins-callback", "/\(settings)", ".service.changed"] { #expect(said.contains(words)) }
        // Nothing is left to take away, and that is no error.
        _ = try run(scratch, "--uninstall")
    }

    /// Installs below a directory, and gives the directory where what programs share lies.
    private func install(in scratch: Scratch) throws -> String {
        let command = Command(
            script: "install", ["--binary", try TestBinary.path()], in: scratch,
            environment: ["DESTDIR": scratch.file("home/root")])
        let ending = try ChildProcess.run(command, in: scratch)
        #expect(ending.status == 0, "\(ending.errors)")
        return scratch.file("home/root/usr/local/share")
    }

    private func output(_ scratch: Scratch, _ arguments: String...) throws -> String {
        let ending = try ChildProcess.run(Command(arguments), in: scratch)
        #expect(ending.status == 0 && ending.errors == "", "\(ending.errors)")
        return ending.output
    }

    @Test("installs completion where each shell looks for it, and bash completes by it")
    func completion() throws {
        let scratch = try Scratch()
        let share = try install(in: scratch)
        for (file, words) in [
            ("zsh/site-functions/_khoins-callback", "#compdef khoins-callback"),
            ("fish/vendor_completions.d/khoins-callback.fish", "complete -c 'khoins-callback'"),
        ] {
            let script = try String(contentsOfFile: "\(share)/\(file)", encoding: .utf8)
            #expect(script.contains(words), "\(file)")
        }
        let script = """
            source "$0"
            COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMPREPLY=()
            function=$(complete -p khoins-callback | sed -n 's/.* -F \\([^ ]*\\) .*/\\1/p')
            "$function" khoins-callback "${!#}" "${@: -2:1}"
            echo "${COMPREPLY[@]}"
            """
        for (words, completed) in [
            (["li"], "list"), (["list", "--ol"], "--older-than"), (["follow", "--from", ""], "start now"),
            (["check", "--u"], "--url"),
        ] {
            let arguments = ["/bin/bash", "-c", script, "\(share)/bash-completion/completions/khoins-callback"]
            let ending = try ChildProcess.run(Command(arguments + ["khoins-callback"] + words), in: scratch)
            #expect(ending.output == "\(completed)\n", "\(words) \(ending.errors)")
        }
    }

    @Test("installs a manual page without a fault", .needs("mandoc"))
    func manual() throws {
        let scratch = try Scratch()
        let mandoc = try ServerProgram.path("mandoc")
        let page = "\(try install(in: scratch))/man/man1/khoins-callback.1"
        #expect(try output(scratch, mandoc, "-T", "lint", "-W", "warning", page) == "")
        let text = try output(scratch, mandoc, "-T", "utf8", page)
        #expect(text.contains("khoins-callback list --status gagal --since today"))
    }
}
