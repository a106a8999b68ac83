import CLinux
import Glibc

/// How the C library gets memory for a service, and gives it back.
package enum ProcessMemory {
    /// Bytes from which on a block is a mapping of its own, which goes when it is freed.
    private static let mappedLength: Int32 = 1 << 20
    /// Bytes that stay at the end of a pool, so that it does not grow and shrink with each batch.
    private static let spareLength: Int32 = 8 << 20
    /// Bytes that the pool grows by beyond what is asked for, and keeps when it gives back what is free: what
    /// callbacks go on with where the kernel gives no more. Nobody has written to them, so they are addresses alone.
    private static let reserveLength: Int32 = 2 << 20

    /// Bytes of a request at most that what lies free in pieces may serve for.
    private static let piecesLength = 512 << 10

    /// Keeps one pool, and no large block in it. Call it before the first thread is started.
    ///
    /// Each further pool takes 64 MiB of addresses, and what is free in one of them is no use to a thread that has another.
    package static func keepSmall() {
        mallopt(M_ARENA_MAX, 1)
        mallopt(M_MMAP_THRESHOLD, mappedLength)
        mallopt(M_TRIM_THRESHOLD, spareLength)
        mallopt(M_TOP_PAD, reserveLength)
        // The pool has its reserve only once it has grown. What nobody looks at, a compiler may leave out.
        let memory = malloc(Int(mappedLength) / 2)
        if malloc_usable_size(memory) > 0 { free(memory) }
    }

    /// Whether so many bytes of memory can be had, as far as the limits of this process go (getrlimit(2)). Swift's runtime
    /// ends a process that finds none.
    ///
    /// None is taken to find out: another thread could miss it at that moment.
    package static func hasRoom(for bytes: Int) -> Bool {
        let (addresses, data) = (limit(RLIMIT_AS), limit(RLIMIT_DATA))
        guard addresses != nil || data != nil, let (size, dataSize) = sizes else { return true }
        // The pool grows by no less than its reserve.
        let left = min(addresses.map { $0 - size } ?? .max, data.map { $0 - dataSize } ?? .max) - Int(reserveLength)
        if bytes <= left { return true }
        // What the kernel has given already: whole at the end of the pool, and before that in pieces, which serve for little.
        let pool = mallinfo2()
        return bytes <= max(left, 0) + Int(pool.keepcost)
            || bytes <= piecesLength && bytes <= Int(pool.fordblks) / 2
    }

    /// A limit of this process in bytes; `nil` where there is none.
    private static func limit(_ resource: __rlimit_resource) -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0 else { return nil }
        return Int(exactly: limit.rlim_cur)
    }

    /// Bytes of addresses that this process has, and those of data among them (proc_pid_statm(5)); `nil` where nobody
    /// tells.
    private static var sizes: (addresses: Int, data: Int)? {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else { return nil }
            var numbers = (0..<7).map { _ in 0 }
            var field = 0
            for byte in buffer[..<count] where field < numbers.count {
                if byte == UInt8(ascii: " ") {
                    field += 1
                } else if byte >= UInt8(ascii: "0") {
                    numbers[field] = numbers[field] * 10 + Int(byte - UInt8(ascii: "0"))
                }
            }
            return (numbers[0] * pageSize, numbers[5] * pageSize)
        }
    }

    private static let pageSize = sysconf(Int32(_SC_PAGESIZE))

    /// Gives the kernel what is free (malloc_trim(3)), but for the reserve.
    package static func giveBack() { malloc_trim(Int(reserveLength)) }
}
