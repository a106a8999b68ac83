import Glibc

/// Runs `body` on so many threads of the operating system at once; returns when all of them have ended.
func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    final class Job {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
    var threads: [pthread_t] = []
    for index in 0..<count {
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job { body(index) }).toOpaque()
        let failure = pthread_create(
            &thread, nil,
            { job in
                if let job { Unmanaged<Job>.fromOpaque(job).takeRetainedValue().run() }
                return nil
            }, job)
        precondition(failure == 0)
        threads.append(thread)
    }
    for thread in threads { pthread_join(thread, nil) }
}
