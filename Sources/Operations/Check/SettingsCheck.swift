import Gateway
import Glibc
import System

/// Looks at the settings and at the file they stand in.
package enum SettingsCheck {
    /// - Parameter values: What is set, by any way.
    package static func results(_ values: SettingValues) -> [CheckResult] {
        var results: [CheckResult] = []
        do throws(Settings.Problem) {
            _ = try values.settings()
            results.append(CheckResult(.ok, "settings", "complete"))
        } catch {
            results.append(CheckResult(.bad, "settings", error.sentence))
        }
        let tokens = (try? values.tokens()) ?? []
        results.append(access(values, tokens))
        let secret =
            values[.token] != nil
            ? "token" : [SettingValues.Name.pageKey, .monitorToken].contains { values[$0] != nil } ? "key" : nil
        if let file = values.file { results.append(permissions(of: file, secret: secret)) }
        if let file = values.logFile, let result = log(file, values) { results.append(result) }
        // One that was meant for the list of addresses, or for the token, leaves the door open.
        for setting in values.ignored {
            results.append(
                CheckResult(!setting.isInFile ? .warning : .bad, "setting", setting.sentence))
        }
        return results
    }

    private static func access(_ values: SettingValues, _ tokens: [String]) -> CheckResult {
        guard !tokens.isEmpty else {
            let advice = "set KHOINS_TOKEN to a secret of 32 random characters"
            if values[.allow] != nil {
                return CheckResult(
                    .warning, "access", "by address only, which web servers can get wrong: \(advice) besides")
            }
            return values[.access] == nil
                ? CheckResult(.bad, "access", "neither a token nor addresses: \(advice)")
                : CheckResult(.warning, "access", "anybody may post: \(advice)")
        }
        if tokens.contains(where: isWeak) {
            return CheckResult(
                .warning, "access",
                "a token could be guessed: take 32 random characters, such as `openssl rand -hex 16` gives")
        }
        return tokens.count == 1
            ? CheckResult(.ok, "access", "by one token")
            : CheckResult(
                .ok, "access", "by any of \(tokens.count) tokens: remove the old one when KHOINS has the new URL")
    }

    /// Whether a token is short, or of few different characters.
    static func isWeak(_ token: String) -> Bool {
        token.utf8.count < 16 || Set(token.utf8).count < 8
    }

    /// Whether log lines could be kept in a file, by the rights of whoever owns the data; `nil` where nothing is to be said.
    private static func log(_ file: String, _ values: SettingValues) -> CheckResult? {
        let folder = PathNames.parent(of: file)
        let advice = "no log line is kept there; set KHOINS_LOG to a file in a folder that the program may write to"
        guard let directory = try? Directory(openingPath: folder) else {
            return CheckResult(.warning, "log", "\(folder), the folder of \(file), is not there: \(advice)")
        }
        let name = file.lastIndex(of: "/").map { String(file[file.index(after: $0)...]) } ?? file
        let data = values[.data].flatMap { try? Directory(openingPath: $0).rights(of: ".") }
        let user = data ?? (try? directory.rights(of: "."))
        guard let user else { return nil }
        let isWritable = OtherUser.acting(as: user.owner, group: user.group) {
            ((try? directory.rights(of: name)) ?? (try? directory.rights(of: ".")))?.isWritable ?? false
        }
        if isWritable ?? true { return nil }
        return CheckResult(.warning, "log", "user \(user.owner) may not write to \(file): \(advice)")
    }

    private static func permissions(of file: String, secret: String?) -> CheckResult {
        var status = stat()
        do throws(LedgerError) { try systemCall("stat", file) { stat(file, &status) } } catch {
            return CheckResult(.bad, "settings file", "\(file): \(error.reason)")
        }
        if status.st_mode & S_IWOTH != 0 {
            return CheckResult(.warning, "settings file", "anybody may change \(file): chmod 640 it")
        }
        if let secret, status.st_mode & S_IROTH != 0 {
            return CheckResult(
                .warning, "settings file", "anybody on this machine may read the \(secret) in \(file): chmod 640 it")
        }
        return CheckResult(.ok, "settings file", file)
    }
}
