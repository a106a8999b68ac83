import Testing

@testable import FastCGI

@Suite("What a server's threads have to do")
struct JobQueueTests {
    private func words(_ workload: JobQueue<Int>, _ count: Int) -> [String] {
        (0..<count).map { _ in
            switch workload.next() {
            case .job(let number): "job \(number)"
            case .watch: "watch"
            case .stop: "stop"
            }
        }
    }

    @Test("is each job once, the urgent ones first, and then to watch")
    func order() {
        let workload = JobQueue<Int>()
        workload.begin()
        workload.add(1)
        workload.add(2)
        workload.add(0, first: true)
        #expect(words(workload, 4) == ["job 0", "job 1", "job 2", "watch"])
        workload.add(3)
        workload.handOver()
        #expect(words(workload, 2) == ["job 3", "watch"])
    }

    @Test("is to stop, for all of them, when one is told so")
    func stop() {
        let workload = JobQueue<Int>()
        workload.begin()
        #expect(words(workload, 1) == ["watch"])
        workload.stop(threads: 3)
        #expect(words(workload, 3) == ["stop", "stop", "stop"])
    }
}
