import Glibc
import Testing

/// The file system's idea of who the calling thread is (setfsuid(2)), which Swift does not import.
@_silgen_name("setfsuid") private func setfsuid(_ user: UInt32) -> Int32

extension DataFolder {
    /// Some user who is not root.
    private static let owner: UInt32 = 62_222

    /// Runs `body` as the owner of the data directory, who is not root: root can read everything.
    func asOwner<Value>(_ body: () throws -> Value) throws -> Value {
        guard geteuid() == 0 else { return try body() }
        #expect(chown(parent, Self.owner, Self.owner) == 0)
        _ = setfsuid(Self.owner)
        defer { _ = setfsuid(0) }
        return try body()
    }

    /// Makes a file or directory one that the owner of the data directory may not open.
    func forbid(_ name: String) throws {
        if geteuid() == 0 { #expect(chown(path(of: name), 0, 0) == 0) }
        try setMode(geteuid() == 0 ? 0o600 : 0, of: name)
    }

    /// Takes that back.
    func allow(_ name: String) throws {
        if geteuid() == 0 { #expect(chown(path(of: name), Self.owner, Self.owner) == 0) }
        try setMode(0o640, of: name)
    }
}
