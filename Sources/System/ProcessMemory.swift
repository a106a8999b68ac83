import CLinux
import Glibc

/// How the C library gets memory for a service, and gives it back.
package enum ProcessMemory {
    /// Bytes from which on a block is a mapping of its own, which goes when it is freed.
    private static let mappedLength: Int32 = 1 << 20
    /// Bytes that stay at the end of a pool, so that it does not grow and shrink with each batch.
    private static let spareLength: Int32 = 8 << 20
    /// Bytes that the first pool grows by beyond what is asked for, and keeps when it gives back what is free: what
    /// callbacks go on with where the kernel gives no more. Nobody has written to them, so they are addresses alone.
    private static let reserveLength: Int32 = 1 << 20

    /// Keeps few pools, and no large block in them. Call it before the first thread is started.
    ///
    /// Each pool takes 64 MiB of addresses. Under a limit of these there is one: where no other can be had, the C library
    /// would map each block on its own.
    package static func keepSmall() {
        mallopt(M_ARENA_MAX, isLimited ? 1 : 2)
        mallopt(M_MMAP_THRESHOLD, mappedLength)
        mallopt(M_TRIM_THRESHOLD, spareLength)
        mallopt(M_TOP_PAD, reserveLength)
        // The pool has its reserve only once it has grown.
        _ = hasRoom(for: Int(reserveLength) / 2)
    }

    /// Whether there is memory for so many bytes at once. Swift's runtime ends a process that finds none.
    package static func hasRoom(for bytes: Int) -> Bool {
        guard let memory = malloc(bytes) else { return false }
        defer { free(memory) }
        // What nobody looks at, a compiler may leave out, and take it for granted.
        return malloc_usable_size(memory) >= bytes
    }

    /// Gives the kernel what is free (malloc_trim(3)), but for the reserve.
    package static func giveBack() { malloc_trim(Int(reserveLength)) }

    private static var isLimited: Bool {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 && limit.rlim_cur < 4 << 30
    }
}
