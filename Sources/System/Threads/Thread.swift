import Glibc

/// Threads of the operating system: the work here blocks, which Swift's own tasks must not.
package enum Thread {
    /// Why a thread could not be started.
    package struct Failure: Error, Equatable, Sendable {
        package var errno: Int32

        package init(errno: Int32) {
            self.errno = errno
        }

        /// The C library's words say too little: they are the same for a limit and for a machine that has no more.
        package var explanation: String { "\(errorText(errno)) (the limit of processes or of memory?)" }
    }

    /// Bytes of a thread's stack. The usual 8 MiB would fill a small limit of memory with a few threads; the deepest
    /// that is called here, a JSON text of the greatest depth, takes a quarter of this in a debug build.
    package static let stackSize = 512 << 10

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a thread that runs `body` and ends. If it cannot be started, `body` is not run.
    ///
    /// A terminal's stop signals never reach it: see `JobControl`.
    package static func start(_ body: @escaping @Sendable () -> Void) throws(Failure) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(body)).toOpaque()
        // It inherits what is blocked here.
        let hold = JobControl.hold()
        let failure = pthread_create(
            &thread, &attributes,
            { context in
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, context)
        hold.release()
        if failure != 0 {
            Unmanaged<Body>.fromOpaque(context).release()
            throw Failure(errno: failure)
        }
    }
}

extension LedgerError {
    package init(_ failure: Thread.Failure) {
        self = .system(call: "pthread_create", path: "a thread", errno: failure.errno)
    }
}
