import Glibc
import TestSupport
import Testing

@testable import System

@Suite("Lines for a reader who may have stopped reading")
struct LineWriterTests {
    private static func writer(_ descriptor: Int32, opensAnew: Bool = true) -> LineWriter {
        LineWriter(descriptor, opensAnew: opensAnew) { "dropped \($0)" }
    }

    private func write(_ text: String, to writer: LineWriter) {
        Array(text.utf8).withUnsafeBytes(writer.write)
    }

    /// A line of 1,000 bytes.
    private func line(_ number: Int) -> String {
        "\(number)" + String(repeating: ".", count: 999 - "\(number)".utf8.count) + "\n"
    }

    /// Reads on until a line comes, with new ones written meanwhile: so it is told what is left.
    private func readAll(_ channel: Channel, _ writer: LineWriter, until last: String) -> [Substring] {
        var text = ""
        let end = ContinuousClock.now + .seconds(60)
        while !text.hasSuffix("\(last)\n"), ContinuousClock.now < end {
            writer.finish(milliseconds: 1)
            text += channel.read()
        }
        return text.split(separator: "\n")
    }

    @Test("all come while he reads", arguments: [false, true])
    func read(isSocket: Bool) {
        let channel = Channel(isSocket: isSocket)
        let writer = Self.writer(channel.output)
        write("a\nb\n", to: writer)
        write("c\n", to: writer)
        #expect(channel.read() == "a\nb\nc\n")
    }

    @Test(
        "are kept while he does not, then dropped and counted, and nobody waits",
        arguments: ["pipe", "socket", "pipe of somebody else"], [false, true])
    func unread(kind: String, hasThread: Bool) throws {
        let channel = Channel(isSocket: kind == "socket")
        let writer = Self.writer(channel.output, opensAnew: kind == "pipe")
        if hasThread { try writer.startThread() }
        // Far more than a pipe or a socket takes, and than is kept.
        let count = 2_000
        for number in 0..<count { write(line(number), to: writer) }
        var read = ""
        while read.count < 32_000 {
            writer.finish(milliseconds: 1)
            read += channel.read()
        }
        write("the last\n", to: writer)
        let lines = (read + readAll(channel, writer, until: "the last").joined(separator: "\n")).split(separator: "\n")
        let numbers = lines.compactMap { Int($0.prefix { $0 != "." }) }
        let dropped = lines.compactMap { $0.hasPrefix("dropped ") ? Int($0.dropFirst(8)) : nil }
        #expect(numbers == Array(0..<numbers.count), "what is kept is the oldest, in order")
        #expect(numbers.count >= LineWriter.capacity / 1_000)
        #expect(numbers.count < count)
        #expect(dropped.reduce(0, +) == count - numbers.count)
        #expect(lines.last == "the last")
    }

    @Test("do not mix, whatever the pieces", arguments: [2, 100, 4_095, 4_096, 4_097, 20_000])
    func pieces(length: Int) throws {
        let channel = Channel(isSocket: false)
        let writer = Self.writer(channel.output)
        let text = String(repeating: "x", count: length - 1) + "\n"
        for _ in 0..<5 { write(text, to: writer) }
        write("end\n", to: writer)
        #expect(readAll(channel, writer, until: "end") == [Substring](repeating: text.dropLast(), count: 5) + ["end"])
    }

    @Test("are written when they may be, where they were held because writing may wait")
    func held() {
        let channel = Channel(isSocket: false)
        let writer = Self.writer(channel.output, opensAnew: false)
        writer.hold()
        write("a\n", to: writer)
        #expect(channel.read() == "")
        writer.finish()
        #expect(channel.read() == "a\n")
    }

    @Test("are lost, and nothing else, where nobody ever reads again", arguments: [false, true])
    func broken(isSocket: Bool) throws {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        if isSocket { socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) } else { pipe(&ends) }
        defer { close(ends[1]) }
        let writer = Self.writer(ends[1])
        close(ends[0])
        for number in 0..<1_000 { write(line(number), to: writer) }
        let start = ContinuousClock.now
        writer.finish(milliseconds: 60_000)
        #expect(ContinuousClock.now - start < .seconds(30))
    }

    @Test("go to a full disk and to nowhere without harm", arguments: ["/dev/full", "/dev/null"])
    func devices(path: String) {
        let descriptor = open(path, O_WRONLY)
        defer { close(descriptor) }
        let writer = Self.writer(descriptor)
        for number in 0..<1_000 { write(line(number), to: writer) }
        writer.finish()
    }

    @Test("reach the end of the process only so far as he reads")
    func finish() {
        let channel = Channel(isSocket: false)
        let writer = Self.writer(channel.output)
        for number in 0..<200 { write(line(number), to: writer) }
        let start = ContinuousClock.now
        writer.finish(milliseconds: 50)
        #expect(ContinuousClock.now - start < .seconds(30))
    }
}
