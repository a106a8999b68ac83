/// Reads a settings file: `NAME=value` lines, as systemd's `EnvironmentFile=` takes them (systemd.exec(5)).
package enum SettingsFile {
    /// Reads a file's bytes. Blank lines and lines that begin with `#` or `;` say nothing; a value can stand in single
    /// or double quotes; names that are no setting are passed over, because the file may serve other programs too.
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
            if let name = SettingValues.Name(rawValue: String(decoding: name, as: UTF8.self)) {
                values[name] = String(decoding: value, as: UTF8.self)
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

    private static func unquoted(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard value.count >= 2, let quote = value.first, quote == value.last,
            quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else { return value }
        return value.dropFirst().dropLast()
    }
}
