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
            "etc/systemd/system/khoins-callback.socket",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(root)/\(name)"), "\(name)")
        }
        let settings = "\(root)/etc/khoins-callback/khoins-callback.env"
        let text = try String(contentsOfFile: settings, encoding: .utf8)
        #expect(text.contains(/(?m)^KHOINS_TOKEN=[0-9a-f]{32,}$/))
        var status = stat()
        #expect(stat(settings, &status) == 0)
        #expect(status.st_mode & 0o007 == 0)
        #expect(try ChildProcess.run(command, in: scratch).status == 0)
        #expect(try String(contentsOfFile: settings, encoding: .utf8) == text)
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
