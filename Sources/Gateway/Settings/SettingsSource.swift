import Glibc
import System

/// Where settings come from besides flags: the environment, over the settings file.
package enum SettingsSource {
    /// The name of the settings file that lies beside the executable, where `KHOINS_SETTINGS` names no other.
    static let defaultFileName = "khoins-callback.env"

    /// The file that `scripts/install` and the package make.
    package static let installedFile = "/etc/khoins-callback/\(defaultFileName)"

    /// Reads the settings file, if there is one, and overrides it with the environment.
    ///
    /// A file that `KHOINS_SETTINGS` names must be there.
    ///
    /// - Parameter installed: Where another may lie that counts if nothing names one and none is beside the executable,
    ///   for the operator's commands. If it cannot be read, that matters only to who needs what it sets.
    package static func values(
        environment: Variables, installed: String? = nil
    ) throws(Settings.Problem) -> SettingValues {
        var values = SettingValues()
        if let path = environment["KHOINS_SETTINGS"], !path.isEmpty {
            guard let read = try file(path) else {
                throw Settings.Problem("KHOINS_SETTINGS names \(path), which is not there")
            }
            values = read
        } else if let directory = executableDirectory, let read = try file("\(directory)/\(defaultFileName)") {
            values = read
        } else if let installed {
            do throws(Settings.Problem) {
                if let read = try file(installed) { values = read }
            } catch {
                values.unread = error
            }
        }
        values.override(with: SettingValues(environment: environment))
        return values
    }

    /// What a settings file sets; `nil` where it is not there.
    private static func file(_ path: String) throws(Settings.Problem) -> SettingValues? {
        guard let bytes = try contents(of: path) else { return nil }
        var values = try SettingsFile.parse(bytes)
        values.file = path
        values.placePaths(in: folder(of: path))
        return values
    }

    /// The folder that a file lies in, from / on where that can be told.
    private static func folder(of path: String) -> String {
        var folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? "."
        if path.hasPrefix("/") { return folder }
        while folder.hasPrefix("./") { folder.removeFirst(2) }
        guard let pointer = getcwd(nil, 0) else { return folder }
        defer { free(pointer) }
        let start = String(cString: pointer)
        return folder == "." || folder.isEmpty ? start : "\(start)/\(folder)"
    }

    /// A token file's secrets, one or several, as a list. One without any is refused, and never counts as not given.
    package static func token(inFile path: String) throws(Settings.Problem) -> String {
        guard let bytes = try contents(of: path) else { throw Settings.Problem("the token file \(path) is not there") }
        return try TokenList.tokens(inFile: bytes, called: "the token file \(path)").joined(separator: ",")
    }

    /// The process's variables as it was started. The secrets among them are here alone from now on: programs that this
    /// one starts do not get it.
    package static let environment: Variables = {
        defer {
            for name in [SettingValues.Name.token, .url, .forward, .pageKey, .monitorToken] { unsetenv(name.rawValue) }
        }
        return .current
    }()

    /// A small file's bytes; `nil` where there is none.
    private static func contents(of path: String) throws(Settings.Problem) -> [UInt8]? {
        let limit = 1 << 20
        do throws(LedgerError) {
            guard let bytes = try OpenFile.contents(of: path, limit: limit + 1) else { return nil }
            if bytes.count <= limit { return bytes }
        } catch {
            let advice =
                error.isDenied
                ? "; use sudo, or run this as a user whom its mode and folder let read it, such as one of its group"
                : ""
            throw Settings.Problem("cannot read \(path): \(error.reason)\(advice)")
        }
        throw Settings.Problem("\(path) is too large for a settings file")
    }

    private static var executableDirectory: String? {
        let path = OwnExecutable.path
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return String(path[..<slash])
    }
}
