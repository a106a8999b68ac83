import KHOINSCallback

/// Reads a settings file: `NAME=value` lines, as systemd's `EnvironmentFile=` takes them (systemd.exec(5)).
package enum SettingsFile {
    /// Reads a file's bytes. Blank lines and lines that begin with `#` or `;` say nothing; a value can stand in single
    /// or double quotes; names of others are passed over, because the file may serve other programs too. Those that look
    /// like this program's are kept as `ignored`.
    package static func parse(_ bytes: [UInt8]) throws(Settings.Problem) -> SettingValues {
        var values = SettingValues()
        // Editors on Windows begin a file with a byte order mark.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let line = trimmed(line)
            guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";") else { continue }
            guard let equals = line.firstIndex(of: UInt8(ascii: "=")), equals > line.startIndex else {
                throw Settings.Problem("line \(index + 1) of the settings file is not NAME=value")
            }
            var name = trimmed(line[..<equals])
            if name.starts(with: "export".utf8), let next = name.dropFirst(6).first, isSpace(next) {
                name = trimmed(name.dropFirst(6))
            }
            let value = unquoted(trimmed(line[(equals + 1)...]))
            let text = String(decoding: name, as: UTF8.self)
            if let name = SettingValues.Name(rawValue: text) {
                values[name] = String(decoding: value, as: UTF8.self)
            } else if let ignored = IgnoredSetting(text, isInFile: true), !values.ignored.contains(ignored) {
                values.ignored.append(ignored)
            }
        }
        return values
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard let first = bytes.firstIndex(where: { !isSpace($0) }),
            let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return bytes[first...last]
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// A value without the quotes that it stands in.
    static func unquoted(_ value: String) -> String {
        String(decoding: unquoted(Array(value.utf8)[...]), as: UTF8.self)
    }

    private static func unquoted(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard value.count >= 2, let quote = value.first, quote == value.last,
            quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else { return value }
        return value.dropFirst().dropLast()
    }
}
