import Glibc
import System

/// Where settings come from besides flags: the environment, over the settings file.
package enum SettingsSource {
    /// The name of the settings file that lies beside the executable, where `KHOINS_SETTINGS` names no other.
    static let defaultFileName = "khoins-callback.env"

    /// Reads the settings file, if there is one, and overrides it with the environment.
    ///
    /// A file that `KHOINS_SETTINGS` names must be there.
    package static func values(environment: [String: String]) throws(Settings.Problem) -> SettingValues {
        var values = SettingValues()
        if let path = environment["KHOINS_SETTINGS"], !path.isEmpty {
            guard let bytes = try contents(of: path) else {
                throw Settings.Problem("KHOINS_SETTINGS names \(path), which is not there")
            }
            values = try SettingsFile.parse(bytes)
        } else if let directory = executableDirectory, let bytes = try contents(of: "\(directory)/\(defaultFileName)") {
            values = try SettingsFile.parse(bytes)
        }
        values.override(with: SettingValues(environment: environment))
        return values
    }

    /// The settings file that `values` reads; `nil` where there is none.
    package static func file(environment: [String: String]) -> String? {
        if let path = environment["KHOINS_SETTINGS"], !path.isEmpty { return path }
        let path = executableDirectory.map { "\($0)/\(defaultFileName)" }
        return path.flatMap { access($0, F_OK) == 0 ? $0 : nil }
    }

    /// A token file's secrets, one or several, as a list. One without any is refused, and never counts as not given.
    package static func token(inFile path: String) throws(Settings.Problem) -> String {
        guard let bytes = try contents(of: path) else { throw Settings.Problem("the token file \(path) is not there") }
        return try TokenList.tokens(inFile: bytes, called: "the token file \(path)").joined(separator: ",")
    }

    /// The process's variables as it was started. The secrets among them are here alone from now on: programs that this
    /// one starts do not get it.
    package static let environment: [String: String] = {
        defer {
            for name in [SettingValues.Name.token, .url, .forward] { unsetenv(name.rawValue) }
            for name in IgnoredSetting.secrets { unsetenv(name) }
        }
        var variables: [String: String] = [:]
        var pointer = environ
        while let entry = pointer.pointee {
            let text = String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            pointer += 1
        }
        return variables
    }()

    /// A small file's bytes; `nil` where there is none.
    private static func contents(of path: String) throws(Settings.Problem) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw Settings.Problem("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var block = [UInt8](repeating: 0, count: 65_536)
        var bytes: [UInt8] = []
        while case let count = block.withUnsafeMutableBytes({ read(descriptor, $0.baseAddress, $0.count) }), count != 0
        {
            guard count > 0 else {
                if errno == EINTR { continue }
                throw Settings.Problem("cannot read \(path): \(String(cString: strerror(errno)))")
            }
            bytes += block[..<count]
            guard bytes.count <= 1 << 20 else { throw Settings.Problem("\(path) is too large for a settings file") }
        }
        return bytes
    }

    private static var executableDirectory: String? {
        let path = OwnExecutable.path
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(path[..<slash])
    }
}
