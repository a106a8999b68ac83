import Foundation
import Glibc
import TestSupport
import Testing

/// A shop's own database, as PHP sees it.
final class ShopDatabase {
    enum Kind: String, CaseIterable, CustomStringConvertible {
        case sqlite = "SQLite"
        case mariadb = "MariaDB"

        var description: String { rawValue }

        /// PHP's extension for it, and what else it needs.
        private var isHere: Bool {
            let modules = (try? ChildProcess.run(Command("/usr/bin/php", "-m")).output) ?? ""
            switch self {
            case .sqlite: return modules.contains("pdo_sqlite")
            case .mariadb:
                return modules.contains("pdo_mysql")
                    && ServerProgram.missing(["mariadbd", "mariadb-install-db"]).isEmpty
            }
        }

        /// MariaDB is large, and takes some seconds to begin: only the long tests ask for it, others take it where it is.
        private var isRequired: Bool {
            self == .sqlite ? ServerProgram.isRequired : getenv("KHOINS_TEST_FAULTS") != nil
        }

        static let testable = allCases.filter { $0.isHere || $0.isRequired }
    }

    /// The database's file, or the server's socket.
    let file: String
    private let kind: Kind
    private let name: String
    private let scratch: Scratch
    private var server: ChildProcess?

    /// Makes an empty one, with a user of that name.
    init(_ kind: Kind, named name: String, in scratch: Scratch) throws {
        self.kind = kind
        self.name = name
        self.scratch = scratch
        let folder = scratch.file("home/khoins-callback")
        file = kind == .sqlite ? "\(folder)/\(name).db" : scratch.file("run/db.sock")
        if kind == .mariadb { try startServer() }
    }

    deinit { server?.stop() }

    private func startServer() throws {
        let folder = scratch.file("run/db")
        let common = ["--no-defaults", "--datadir=\(folder)"]
        let made = try ChildProcess.run(
            Command(
                [try ServerProgram.path("mariadb-install-db")] + common
                    + ["--auth-root-authentication-method=normal", "--skip-test-db"]
            ).asServerUser, in: scratch, name: "mariadb-install-db", seconds: 120)
        #expect(made.status == 0, "\(made.output) \(made.errors)")
        server = try ChildProcess(
            Command(
                [try ServerProgram.path("mariadbd")] + common
                    + [
                        "--socket=\(file)", "--skip-networking", "--skip-log-bin",
                        "--pid-file=\(scratch.file("run/db.pid"))",
                    ]
            ).asServerUser, in: scratch, name: "mariadbd")
        let server = server
        try wait(for: "MariaDB\n\(scratch.logs)") {
            access(file, F_OK) == 0 || server?.isRunning != true
        }
        let password = name == "toko" ? "rahasia" : "secret"
        for statement in [
            "CREATE DATABASE \(name)", "CREATE USER '\(name)'@'localhost' IDENTIFIED BY '\(password)'",
            "GRANT ALL ON \(name).* TO '\(name)'@'localhost'",
        ] {
            _ = try sql(statement, database: "mysql")
        }
    }

    /// Runs a statement, and gives its rows.
    func sql(_ statement: String, database: String? = nil) throws -> [String] {
        let dsn =
            kind == .sqlite
            ? "sqlite:\(file)" : "mysql:unix_socket=\(file);dbname=\(database ?? name);charset=utf8mb4"
        let script = """
            $db = new PDO('\(dsn)', \(kind == .sqlite ? "null" : "'root'"), null, [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
            $rows = $db->query($argv[1]);
            if ($rows->columnCount()) foreach ($rows->fetchAll(PDO::FETCH_NUM) as $row) echo implode('|', $row), "\\n";
            """
        let ending = try ChildProcess.run(Command("/usr/bin/php", "-r", script, statement).asServerUser, in: scratch)
        #expect(ending.status == 0 && ending.errors == "", "\(statement): \(ending.output) \(ending.errors)")
        return ending.output.split(separator: "\n").map(String.init)
    }
}
