#if Cluster
    import Cluster
    import FastCGI
    import Foundation
    import Glibc
    import System
    import TestSupport
    import Testing

    /// Three servers on this machine, each with an etcd of its own, all on loopback ports.
    final class ServerGroup {
        static let names = ["a", "b", "c"]

        let scratch: Scratch
        private let clientPorts: [String: UInt16]
        private let peerPorts: [String: UInt16]
        private var etcds: [String: ChildProcess] = [:]
        private var services: [String: ChildProcess] = [:]

        init() throws {
            scratch = try Scratch(.plain)
            clientPorts = try Dictionary(uniqueKeysWithValues: Self.names.map { ($0, try LoopbackPort.next()) })
            peerPorts = try Dictionary(uniqueKeysWithValues: Self.names.map { ($0, try LoopbackPort.next()) })
            for name in Self.names { try startEtcd(name) }
            try waitForEtcd()
        }

        deinit {
            for process in services.values { process.stop() }
            for process in etcds.values { process.signal(SIGKILL) }
        }

        private func peer(_ name: String) -> String { "http://127.0.0.1:\(peerPorts[name] ?? 0)" }
        func url(_ name: String) -> String { "http://127.0.0.1:\(clientPorts[name] ?? 0)" }

        func startEtcd(_ name: String) throws {
            let peers = Self.names.map { "\($0)=\(peer($0))" }.joined(separator: ",")
            etcds[name] = try ChildProcess(
                Command(
                    try ServerProgram.path("etcd"), "--name", name, "--data-dir", scratch.file("etcd-\(name)"),
                    "--listen-client-urls", url(name), "--advertise-client-urls", url(name), "--listen-peer-urls",
                    peer(name), "--initial-advertise-peer-urls", peer(name), "--initial-cluster", peers,
                    "--initial-cluster-token", scratch.path, "--initial-cluster-state", "new", "--snapshot-count",
                    "5000", "--log-level", "error"))
        }

        func killEtcd(_ name: String) {
            etcds[name]?.signal(SIGKILL)
            _ = try? etcds[name]?.ending()
        }

        /// Waits until each etcd answers for all.
        func waitForEtcd(_ names: [String] = ServerGroup.names) throws {
            for name in names {
                try wait(for: "etcd \(name)") {
                    try ChildProcess.run(Command("curl", "-sf", "\(url(name))/health")).output.contains("true")
                }
            }
        }

        // MARK: Servers

        func path(_ name: String) -> String { scratch.file("data-\(name)") }
        func data(_ name: String) -> DataDirectory { DataDirectory(path: path(name)) }
        private func address(_ name: String) -> Address { .unix(scratch.file("\(name).sock")) }
        func door(_ name: String) -> FastCGIDoor { FastCGIDoor(address: address(name)) }

        func command(_ name: String, _ arguments: [String]) throws -> Command {
            Command(
                [try TestBinary.path()] + arguments,
                environment: [
                    "KHOINS_DATA": path(name), "KHOINS_CLUSTER": url(name), "KHOINS_TOKEN": secretToken,
                ])
        }

        func run(_ name: String, _ arguments: String...) throws -> Ending {
            try ChildProcess.run(command(name, arguments))
        }

        @discardableResult
        func serve(_ name: String) throws -> ChildProcess {
            let process = try ChildProcess(command(name, ["serve", "--listen", address(name).text]))
            services[name] = process
            try door(name).waitUntilHealthy {
                if !process.isRunning { throw Installation.Broken(description: "serve ended: \(process.errors)") }
            }
            return process
        }

        /// - Returns: With which status it ended.
        @discardableResult
        func stop(_ name: String, _ signal: Int32 = SIGTERM) throws -> Int32? {
            services[name]?.signal(signal)
            defer { services[name] = nil }
            return try services[name]?.ending().status
        }

        func log(_ name: String) -> String { services[name]?.errors ?? "" }

        /// Copies another server's data directory as the documents say, into the one in KHOINS_DATA.
        func copyCommand(from name: String) -> String {
            let source = path(name)
            return """
                mkdir -p "$KHOINS_DATA" && chmod 750 "$KHOINS_DATA" && rm -rf "$KHOINS_DATA"/* || exit 1
                for folder in transactions topups rejected journal; do
                    cp -a '\(source)'/$folder "$KHOINS_DATA"/ || exit 1
                done
                """
        }

        /// All three, serving.
        func begin() throws {
            try check(run("a", "cluster", "init", "--name", "a", "--id", "x"))
            try serve("a")
            for name in ["b", "c"] {
                try check(run(name, "cluster", "join", "--name", name, "--copy", copyCommand(from: "a")))
                try serve(name)
            }
        }

        func check(_ ending: Ending) throws {
            if ending.status != 0 { throw Installation.Broken(description: ending.errors + ending.output) }
        }

        // MARK: What they hold

        /// Whether etcd still has a batch.
        func hasBatch(_ number: Int, of member: String) throws -> Bool {
            let key = ClusterKeys(cluster: "x").batch(number, of: member)
            let body = #"{"key":"\#(Data(key.utf8).base64EncodedString())"}"#
            let ending = try ChildProcess.run(Command("curl", "-sf", "-d", body, "\(url("a"))/v3/kv/range"))
            return ending.status == 0 && ending.output.contains(#""kvs""#)
        }

        /// Every record and rejected delivery, with its bytes.
        func records(_ name: String) throws -> [String: [UInt8]] {
            var all: [String: [UInt8]] = [:]
            for file in data(name).names("transactions", "topups", "rejected") {
                all[file] = try data(name).bytes(file)
            }
            return all
        }

        /// Waits until some servers hold the same, and so many.
        func waitUntilEqual(_ names: [String] = ServerGroup.names, count: Int) throws {
            try wait(for: "the same \(count) records on \(names): \(names.map { (try? records($0).count) ?? -1 })") {
                let all = try names.map { try records($0) }
                return all.allSatisfy { $0.count == count && $0 == all[0] }
            }
        }
    }
#endif
