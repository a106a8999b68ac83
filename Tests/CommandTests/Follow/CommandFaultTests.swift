import Glibc
import TestSupport
import Testing

@testable import Operations

@Suite("A command line")
struct CommandFaultTests {
    @Test(
        "begins with the path of a program where its first word is one",
        arguments: [
            ("/srv/shop/update", "/srv/shop/update"), ("  /srv/shop/update  KH", "/srv/shop/update"),
            ("./update", "./update"), ("shop/update a b", "shop/update"), ("'/srv/a b/update' x", "/srv/a b/update"),
            ("\"/srv/a b/update\"", "/srv/a b/update"), ("/srv/update;true", "/srv/update"),
            ("/srv/update|logger", "/srv/update"), ("/srv/update>log", "/srv/update"),
        ])
    func program(_ command: String, _ program: String) {
        #expect(CommandFault.program(of: command) == program)
    }

    @Test(
        "is the shell's affair where it begins otherwise",
        arguments: [
            "", " ", "php /srv/shop/update.php", "$HOME/update", "~/update", "A=/x/y /srv/update", "\"$HOME/update\"",
            "/srv/$X", "/srv/*", "/srv/a\\ b", "'/srv/'x", "'/srv", "(/srv/update)", "! /srv/update", "[ -e /x ]",
            "if /srv/update; then true; fi", "{ /srv/update; }", "true", "/srv/`x`", "# /srv/update", ">/srv/log true",
        ])
    func shell(_ command: String) {
        #expect(CommandFault.program(of: command) == nil)
        #expect(CommandFault(command) == nil)
    }

    @Test("is at fault where its program is not there, is none, or may not be run")
    func faults() throws {
        let scratch = try Scratch(.plain)
        let script = try scratch.write("#!/bin/sh\n".utf8, to: "update")
        chmod(script, 0o644)
        #expect(CommandFault("\(script) KH-9001") == .notExecutable(script))
        chmod(script, 0o755)
        #expect(CommandFault("\(script) KH-9001") == nil)
        #expect(CommandFault("'\(script)'") == nil)
        #expect(CommandFault("\(scratch.path) x") == .noFile(scratch.path))
        #expect(CommandFault("\(script)/x") == .missing("\(script)/x"))
        #expect(CommandFault("/nowhere/update") == .missing("/nowhere/update"))
        #expect(symlink("/nowhere/update", scratch.file("link")) == 0)
        #expect(CommandFault(scratch.file("link")) == .missing(scratch.file("link")))
    }

    @Test("at fault is named with what to do")
    func sentences() {
        #expect(CommandFault.missing("/x/y").sentence("KHOINS_EXEC") == "KHOINS_EXEC names /x/y, which is not there")
        #expect(
            CommandFault.notExecutable("/x/y").sentence("--exec").hasPrefix(
                "--exec names /x/y, which this user may not"))
        #expect(CommandFault.noFile("/x/\u{1B}[2J").sentence("--exec").contains("\u{1B}") == false)
    }
}
