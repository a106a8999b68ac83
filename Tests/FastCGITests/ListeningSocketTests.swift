import Glibc
import TestSupport
import Testing

@testable import FastCGI
@testable import System

@Suite("A listening socket")
struct ListeningSocketTests {
    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode : nil
    }

    private func connects(to path: String) -> Bool {
        let client = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private func problem(_ address: String, patience: Int = 10) -> String? {
        do throws(ListeningSocket.Problem) {
            _ = try ListeningSocket(listeningOn: address, mode: 0o600, patience: patience)
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test(
        "on a path takes connections, has its mode, and goes away with its program", arguments: [0o600, 0o660, 0o666])
    func unix(_ bits: UInt32) throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            do {
                let listener = try ListeningSocket(listeningOn: "unix:\(path)", mode: bits)
                let descriptor = listener.descriptor
                let isOwn = listener.isOwn
                #expect(mode(path) == S_IFSOCK | bits)
                #expect(ListeningSocket.isListening(descriptor))
                #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
                #expect(connects(to: path))
                #expect(isOwn)
            }
            #expect(mode(path) == nil)
        }
    }

    @Test("replaces one that a dead program left")
    func stale() throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            let address = "unix:\(path)"
            do {
                let dead = try ListeningSocket(listeningOn: address, mode: 0o600)
                // As after a kill: the path stays, and nobody listens.
                #expect(rename(path, "\(directory)/moved") == 0)
                _ = dead.descriptor
            }
            #expect(rename("\(directory)/moved", path) == 0)
            #expect(!connects(to: path))
            let listener = try ListeningSocket(listeningOn: address, mode: 0o600)
            #expect(connects(to: path))
            _ = listener.descriptor
        }
    }

    @Test("refuses the path of a live one, and leaves that alone")
    func live() throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            let listener = try ListeningSocket(listeningOn: "unix:\(path)", mode: 0o600)
            #expect(problem("unix:\(path)") == "another process is serving on \(path) already")
            #expect(connects(to: path))
            _ = listener.descriptor
        }
    }

    @Test("refuses a path where something else lies", arguments: [false, true])
    func occupied(_ isDirectory: Bool) throws {
        try withDirectory { directory in
            let path = "\(directory)/x"
            if isDirectory {
                #expect(mkdir(path, 0o700) == 0)
            } else {
                close(open(path, O_CREAT | O_WRONLY, 0o600))
            }
            #expect(problem("unix:\(path)") == "\(path) is there and is no socket; choose another path")
            #expect(mode(path) != nil)
        }
    }

    @Test("removes its path only while that is its own")
    func successor() throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            do {
                let old = try ListeningSocket(listeningOn: "unix:\(path)", mode: 0o600)
                unlink(path)
                close(open(path, O_CREAT | O_WRONLY, 0o600))
                old.removePath()
            }
            #expect(mode(path) == S_IFREG | 0o600)
        }
    }

    @Test("that was handed over keeps its path")
    func handedOver() throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            let owner = try ListeningSocket(listeningOn: "unix:\(path)", mode: 0o600)
            do {
                let heir = ListeningSocket(handedOver: dup(owner.descriptor))
                let isOwn = heir.isOwn
                #expect(!isOwn)
                heir.removePath()
            }
            #expect(mode(path) != nil)
            _ = owner.descriptor
        }
    }

    @Test("takes addresses of the Internet", arguments: ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0"])
    func internet(_ address: String) throws {
        let listener = try ListeningSocket(listeningOn: address, mode: 0o600)
        let descriptor = listener.descriptor
        #expect(ListeningSocket.isListening(descriptor))
        _ = listener.isOwn
    }

    @Test(
        "says what is wrong with an address",
        arguments: [
            ("", "--listen takes"), ("9000", "--listen takes"), (":9000", "--listen takes"),
            ("localhost:9000", "--listen takes"), ("127.0.0.1:", "--listen takes"),
            ("127.0.0.1:http", "--listen takes"),
            ("/run/x.sock", "--listen takes"), ("unix:", "1 to 107 bytes"),
            ("unix:/" + String(repeating: "x", count: 107), "1 to 107 bytes"),
            ("unix:/nowhere/at/all/x.sock", "cannot open /nowhere/at/all/ for the socket"),
            ("192.0.2.1:9000", "cannot listen on 192.0.2.1:9000"), ("127.0.0.1:70000", "--listen takes"),
        ])
    func wrong(_ address: String, _ words: String) {
        let sentence = problem(address)
        #expect(sentence?.contains(words) == true, "\(sentence ?? "nothing wrong")")
    }

    @Test("is told from other descriptors")
    func isListening() {
        let plain = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(plain) }
        #expect(!ListeningSocket.isListening(plain))
        #expect(!ListeningSocket.isListening(-1))
        let file = open("/dev/null", O_RDONLY)
        defer { close(file) }
        #expect(!ListeningSocket.isListening(file))
    }

    @Test("waits for nobody who may look into its directory", arguments: [LOCK_SH, LOCK_EX])
    func lockedDirectory(_ kind: Int32) throws {
        try withDirectory { directory in
            let held = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(held) }
            #expect(flock(held, kind | LOCK_NB) == 0)
            let listener = try ListeningSocket(listeningOn: "unix:\(directory)/x.sock", mode: 0o600, patience: 0)
            #expect(connects(to: "\(directory)/x.sock"))
            #expect(access("\(directory)/x.sock.lock", F_OK) != 0, "what kept others off is left over")
            _ = listener.descriptor
        }
    }

    @Test("waits for another start no longer than it is to, and takes up what a dead one left")
    func lockedStart() throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            let held = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
            #expect(problem("unix:\(path)", patience: 0)?.contains("another process is starting on \(path)") == true)
            close(held)
            #expect(problem("unix:\(path)", patience: 0) == nil)
            #expect(access("\(path).lock", F_OK) != 0)
        }
    }

    @Test("takes no lock that is not a file of its own", arguments: ["a directory", "a link", "a pipe"])
    func strangeLock(_ kind: String) throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            switch kind {
            case "a directory": #expect(mkdir("\(path).lock", 0o700) == 0)
            case "a link": #expect(symlink("/etc/passwd", "\(path).lock") == 0)
            default: #expect(mkfifo("\(path).lock", 0o600) == 0)
            }
            #expect(problem("unix:\(path)", patience: 0)?.contains("\(path).lock") == true)
        }
    }

    @Test("does not wait for a live one that takes no connection at the moment")
    func fullQueue() throws {
        try withDirectory { directory in
            let path = "\(directory)/x.sock"
            let full = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            defer { close(full) }
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let isBound = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(full, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
                }
            }
            #expect(isBound && listen(full, 0) == 0)
            #expect(connects(to: path))
            #expect(problem("unix:\(path)") == "another process is serving on \(path) already")
        }
    }
}
