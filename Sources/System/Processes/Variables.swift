import Glibc

/// Names with values, such as a process's variables (environ(7)). A name is looked for from the first to the last.
///
/// A dictionary does the same, but its first use costs a process 370,000 instructions, a third of what it took to answer
/// a CGI request: Swift puts the type together at run time.
package struct Variables: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    /// `NAME=value`, one right behind the other.
    private var bytes: [UInt8] = []
    /// Where each begins in `bytes`.
    private var starts: [Int] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { self[name] = value }
    }

    package init(_ values: some Sequence<(key: String, value: String)>) {
        for (name, value) in values { self[name] = value }
    }

    /// Those of this process, as they are now.
    package static var current: Variables {
        var variables = Variables()
        var pointer = environ
        while let entry = pointer.pointee {
            variables.starts.append(variables.bytes.count)
            variables.bytes += UnsafeRawBufferPointer(start: entry, count: strlen(entry))
            pointer += 1
        }
        return variables
    }

    /// The value of a name, which holds no “=”; `nil` where there is none. What is no UTF-8 in it becomes U+FFFD.
    package subscript(name: String) -> String? {
        get { index(of: name).map { value(at: $0, behind: name.utf8.count) } }
        set {
            if let index = index(of: name) { remove(at: index) }
            guard let newValue else { return }
            starts.append(bytes.count)
            bytes += name.utf8
            bytes.append(UInt8(ascii: "="))
            bytes += newValue.utf8
        }
    }

    /// All of them, in order.
    package var all: [(name: String, value: String)] {
        starts.indices.compactMap { index in
            let entry = bytes[range(at: index)]
            guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            return (
                String(decoding: entry[..<equals], as: UTF8.self),
                String(decoding: entry[(equals + 1)...], as: UTF8.self)
            )
        }
    }

    /// The names that begin with `prefix`, which is in capitals of ASCII, whatever their own case; in order.
    package func names(beginning prefix: String) -> [String] {
        var names: [String] = []
        for index in starts.indices {
            let entry = bytes[range(at: index)]
            let isWanted = prefix.utf8.elementsEqual(entry.prefix(prefix.utf8.count)) { letter, byte in
                byte == letter || byte == letter | 0x20 && UInt8(ascii: "a") <= byte && byte <= UInt8(ascii: "z")
            }
            if isWanted { names.append(String(decoding: entry.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)) }
        }
        return names
    }

    private func range(at index: Int) -> Range<Int> {
        starts[index]..<(index + 1 < starts.count ? starts[index + 1] : bytes.count)
    }

    private func index(of name: String) -> Int? {
        var name = name
        return name.withUTF8 { name in
            starts.indices.first { index in
                let entry = range(at: index)
                let equals = entry.lowerBound + name.count
                return equals < entry.upperBound && bytes[equals] == UInt8(ascii: "=")
                    && bytes[entry.lowerBound..<equals].elementsEqual(name)
            }
        }
    }

    private func value(at index: Int, behind nameLength: Int) -> String {
        let entry = range(at: index)
        return String(decoding: bytes[(entry.lowerBound + nameLength + 1)..<entry.upperBound], as: UTF8.self)
    }

    private mutating func remove(at index: Int) {
        let entry = range(at: index)
        bytes.removeSubrange(entry)
        starts.remove(at: index)
        for later in starts.indices.dropFirst(index) { starts[later] -= entry.count }
    }
}
