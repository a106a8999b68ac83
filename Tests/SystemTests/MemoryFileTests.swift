import Glibc
import Testing

@testable import System

@Suite("A file in memory")
struct MemoryFileTests {
    @Test("takes bytes, has no name, and goes to no other program")
    func make() throws {
        let descriptor = try MemoryFile.make("test")
        defer { close(descriptor) }
        #expect(write(descriptor, "abc", 3) == 3)
        var status = stat()
        #expect(fstat(descriptor, &status) == 0 && status.st_size == 3 && status.st_nlink == 0)
        #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    }
}
