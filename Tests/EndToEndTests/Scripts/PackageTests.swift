import Foundation
import Glibc
import TestSupport
import Testing

@Suite("scripts/build --package and --deb")
struct PackageTests {
    private static let release = ConditionTrait.enabled(if: TestBinary.isRelease, "no static executable is under test")

    /// The packages of the executable under test, in `run/NAME`; a static one alone is packaged.
    private func packages(
        _ scratch: Scratch, _ kinds: [String] = ["--package", "--deb"], in folder: String = "run/dist"
    ) throws -> [String] {
        let arguments = ["--binary", try TestBinary.path(), "--output", scratch.file(folder)]
        let ending = try ChildProcess.run(
            Command(script: "build", kinds + arguments, in: scratch), in: scratch, name: "build", seconds: 240)
        #expect(ending.status == 0, "\(ending.errors)")
        let lines = ending.output.split(separator: "\n").map(String.init)
        #expect(try lines.last == TestBinary.path())
        return lines.dropLast()
    }

    private func output(_ scratch: Scratch, _ arguments: String...) throws -> String {
        let ending = try ChildProcess.run(Command(arguments), in: scratch, name: "tool", seconds: 120)
        #expect(ending.status == 0, "\(arguments) \(ending.errors)")
        return ending.output
    }

    @Test("are the same bytes each time, and SHA256SUMS is right", release)
    func reproducible() throws {
        let scratch = try Scratch()
        let first = try packages(scratch, in: "run/one")
        let second = try packages(scratch, in: "run/two")
        #expect(first.map { $0.suffix(4) } == ["SUMS", "r.gz", ".zip", ".deb"])
        for (one, two) in zip(first, second) {
            #expect(FileManager.default.contentsEqual(atPath: one, andPath: two), "\(one)")
        }
        _ = try output(scratch, "/usr/bin/env", "-C", scratch.file("run/one"), "sha256sum", "--check", "SHA256SUMS")
    }

    @Test(
        "hold one folder for a shared host, which writes over nothing of a shop's and works where it is unpacked",
        release)
    func sharedHost() throws {
        let scratch = try Scratch()
        let files = try packages(scratch, ["--package"])
        let archive = try #require(files.first { $0.hasSuffix(".tar.gz") })
        let zip = try #require(files.first { $0.hasSuffix(".zip") })
        let names = Set(try output(scratch, "/bin/tar", "-tzf", archive).split(separator: "\n"))
        #expect(names.allSatisfy { $0.hasPrefix("khoins-callback/") })
        #expect(!names.contains { $0.hasSuffix(".htaccess") })
        #expect(names.contains("khoins-callback/htaccess.txt") && names.contains("khoins-callback/cgi-bin/khoins.cgi"))
        let listing = "import sys, zipfile\nprint(*zipfile.ZipFile(sys.argv[1]).namelist(), sep='\\n')"
        let zipped = try output(scratch, "/usr/bin/python3", "-c", listing, zip)
        #expect(Set(zipped.split(separator: "\n")) == names)

        _ = try output(scratch, "/bin/tar", "-xzf", archive, "-C", scratch.file("home"), "--no-same-owner")
        let folder = "home/khoins-callback"
        try scratch.makeDirectory("home/public_html/cgi-bin")
        let wrapper = "home/public_html/cgi-bin/khoins.cgi"
        try FileManager.default.copyItem(
            atPath: scratch.file("\(folder)/cgi-bin/khoins.cgi"), toPath: scratch.file(wrapper))
        let example = try String(contentsOfFile: scratch.file("\(folder)/khoins-callback.env.example"), encoding: .utf8)
        #expect(example.contains(/(?m)^KHOINS_TOKEN=$/))
        #expect(example.contains("\nKHOINS_DATA=./data\n") && example.contains("\nKHOINS_LOG=./khoins-callback.log"))
        try scratch.write(
            example.replacing("KHOINS_TOKEN=", with: "KHOINS_TOKEN=\(secretToken)"),
            to: "\(folder)/khoins-callback.env", secret: true)
        for name in [folder, "\(folder)/khoins-callback", wrapper] { ServerUser.own(scratch.file(name)) }
        var door = CGIDoor(scratch)
        door.command = Command([scratch.file(wrapper)]).asServerUser
        #expect(try door.send(Request(posting: Body.t1)).json?["result"] == "created")
        #expect(FileManager.default.fileExists(atPath: scratch.file("\(folder)/data/transactions")))
    }

    @Test("hold what Debian expects of a package, and no secret", release)
    func debian() throws {
        let scratch = try Scratch()
        let package = try #require(try packages(scratch, ["--deb"]).last)
        let fields = try output(scratch, "/usr/bin/dpkg-deb", "--field", package)
        let machine = try output(scratch, "/usr/bin/dpkg", "--print-architecture")
        #expect(fields.contains("\nArchitecture: \(machine)") && fields.hasPrefix("Package: khoins-callback\n"))
        let version = try #require(fields.firstMatch(of: /\nVersion: (.*)\n/)).1
        _ = try output(scratch, "/usr/bin/dpkg", "--validate-version", String(version))

        let root = scratch.file("home/unpacked")
        _ = try output(scratch, "/usr/bin/dpkg-deb", "--raw-extract", package, root)
        for name in [
            "usr/bin/khoins-callback", "usr/lib/systemd/system/khoins-callback.service",
            "usr/lib/systemd/system/khoins-callback.socket",
            "usr/lib/systemd/system/khoins-callback-follow.service",
            "usr/lib/systemd/system/khoins-callback-forward.service",
            "usr/lib/systemd/system/khoins-callback-archive.service",
            "usr/lib/systemd/system/khoins-callback-archive.timer", "usr/lib/sysusers.d/khoins-callback.conf",
            "usr/lib/tmpfiles.d/khoins-callback.conf", "usr/share/man/man1/khoins-callback.1.gz",
            "usr/share/bash-completion/completions/khoins-callback", "usr/share/doc/khoins-callback/copyright",
            "usr/share/doc/khoins-callback/changelog.gz", "usr/share/doc/khoins-callback/README.md",
            "usr/share/doc/khoins-callback/examples/nginx.conf.example",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(root)/\(name)"), "\(name)")
        }
        // Nothing that an operator could have changed, and nothing outside /usr, is the package's.
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: root)) == ["DEBIAN", "usr"])
        #expect(!FileManager.default.fileExists(atPath: "\(root)/DEBIAN/conffiles"))
        _ = try output(
            scratch, "/usr/bin/env", "-C", root, "md5sum", "--check", "--strict", "--quiet", "DEBIAN/md5sums")
        let service = try String(
            contentsOfFile: "\(root)/usr/lib/systemd/system/khoins-callback.service", encoding: .utf8)
        #expect(service.contains("\nExecStart=/usr/bin/khoins-callback\n") && !service.contains("/usr/local"))
        for way in ["follow", "forward"] {
            let follower = try String(
                contentsOfFile: "\(root)/usr/lib/systemd/system/khoins-callback-\(way).service", encoding: .utf8)
            #expect(follower.contains("\nExecStart=/usr/bin/khoins-callback follow --tell\n"))
        }
        let archive = try String(
            contentsOfFile: "\(root)/usr/lib/systemd/system/khoins-callback-archive.service", encoding: .utf8)
        #expect(archive.contains("\nExecStart=/usr/bin/khoins-callback archive --older-than 90d\n"))
        let settings = try String(
            contentsOfFile: "\(root)/usr/share/khoins-callback/khoins-callback.env", encoding: .utf8)
        #expect(settings.contains(/(?m)^KHOINS_TOKEN=$/))
        for name in try FileManager.default.subpathsOfDirectory(atPath: root) {
            let file = "\(root)/\(name)"
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
            let isProgram =
                try attributes[.type] as? FileAttributeType == .typeDirectory
                || (attributes[.type] as? FileAttributeType == .typeRegular
                    && FileHandle(forReadingFrom: URL(fileURLWithPath: file)).read(upToCount: 2) == Data("#!".utf8))
                || name == "usr/bin/khoins-callback"
            #expect(mode == (isProgram ? 0o755 : 0o644), "\(name) has mode \(String(mode, radix: 8))")
        }
    }

    @Test("take the place of the other build's, and no file of one is left without a package", release)
    func eitherBuild() throws {
        let scratch = try Scratch()
        var fields: [String] = []
        var files: [Set<String>] = []
        for (folder, kinds) in [("run/alone", ["--deb"]), ("run/cluster", ["--cluster", "--deb"])] {
            let package = try #require(try packages(scratch, kinds, in: folder).last)
            fields.append(try output(scratch, "/usr/bin/dpkg-deb", "--field", package))
            let root = scratch.file("home/\(fields.count)")
            _ = try output(scratch, "/usr/bin/dpkg-deb", "--raw-extract", package, root)
            files.append(Set(try FileManager.default.subpathsOfDirectory(atPath: "\(root)/usr")))
        }
        let names = ["khoins-callback", "khoins-callback-cluster"]
        for (index, name) in names.enumerated() {
            let other = names[1 - index]
            #expect(fields[index].hasPrefix("Package: \(name)\n"))
            for field in ["Conflicts", "Replaces"] { #expect(fields[index].contains("\n\(field): \(other)\n")) }
            for file in ["doc/\(name)/copyright", "doc/\(name)/changelog.gz", "lintian/overrides/\(name)"] {
                #expect(files[index].contains("share/\(file)"), "\(file)")
            }
        }
        let version = try #require(fields[1].firstMatch(of: /\nVersion: (.*)\n/)).1
        #expect(fields[1].contains("\nProvides: khoins-callback (= \(version))\n") && !fields[0].contains("Provides"))
        // All documents are where they say that they are.
        #expect(files[1].contains("share/doc/khoins-callback/examples/cluster/etcd.env"))
        #expect(files[1].contains("share/doc/khoins-callback/docs/cluster.md"))
    }

    @Test("are for the machine that the executable is for", release)
    func otherMachine() throws {
        let scratch = try Scratch()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: TestBinary.path()))
        let isARM = bytes[18] == 183
        // The machine in an ELF file's head: EM_X86_64 or EM_AARCH64.
        bytes[18] = isARM ? 62 : 183
        let other = scratch.file("home/other")
        try bytes.write(to: URL(fileURLWithPath: other))
        chmod(other, 0o755)
        let ending = try ChildProcess.run(
            Command(
                script: "build", ["--deb", "--package", "--binary", other, "--output", scratch.file("run/dist")],
                in: scratch), in: scratch, name: "build", seconds: 240)
        #expect(ending.status == 0, "\(ending.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.file("run/dist"))
        let ends = isARM ? ["-x86_64.zip", "_amd64.deb"] : ["-aarch64.zip", "_arm64.deb"]
        for end in ends { #expect(names.contains { $0.hasSuffix(end) }, "\(names)") }
        let package = try #require(names.first { $0.hasSuffix(".deb") })
        let field = try output(
            scratch, "/usr/bin/dpkg-deb", "--field", scratch.file("run/dist/\(package)"), "Architecture")
        #expect(field == (isARM ? "amd64\n" : "arm64\n"))
    }

    @Test("refuse what is no static executable", arguments: ["/bin/sh", "scripts/build"])
    func refused(file: String) throws {
        let scratch = try Scratch()
        let path = file.hasPrefix("/") ? file : Repository.file(file)
        let arguments = ["--deb", "--binary", path, "--output", scratch.file("run/dist")]
        let ending = try ChildProcess.run(Command(script: "build", arguments, in: scratch), in: scratch)
        #expect(ending.status == 2)
        #expect(ending.errors.contains(path))
        #expect(!FileManager.default.fileExists(atPath: scratch.file("run/dist")))
    }
}
