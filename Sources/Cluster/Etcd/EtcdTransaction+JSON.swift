import Formats
import FoundationEssentials

/// As etcd's gateway takes and gives it: JSON, in which keys and values stand in base64, and numbers as texts.
extension EtcdTransaction {
    package var json: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 4096)
        writer.open("{")
        writer.begin("compare")
        writer.open("[")
        for comparison in comparisons {
            writer.next()
            comparison.write(to: &writer)
        }
        writer.close("]")
        writer.begin("success")
        write(success, to: &writer)
        writer.begin("failure")
        write(failure, to: &writer)
        writer.close("}")
        return writer.bytes
    }

    private func write(_ operations: [Operation], to writer: inout JSONWriter) {
        writer.open("[")
        for operation in operations {
            writer.next()
            writer.open("{")
            switch operation {
            case .put(let key, let value):
                writer.begin("requestPut")
                writer.open("{")
                writer.member("key", base64: Array(key.utf8))
                writer.member("value", base64: value)
            case .range(let range):
                writer.begin("requestRange")
                writer.open("{")
                writer.member("key", base64: Array(range.start.utf8))
                if let end = range.end { writer.member("range_end", base64: Array(end.utf8)) }
                if range.limit > 0 { writer.member("limit", range.limit) }
                writer.mark("serializable", isLocal)
            case .delete(let start, let end):
                writer.begin("requestDeleteRange")
                writer.open("{")
                writer.member("key", base64: Array(start.utf8))
                writer.member("range_end", base64: Array(end.utf8))
            }
            writer.close("}")
            writer.close("}")
        }
        writer.close("]")
    }
}

extension EtcdTransaction.Comparison {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.open("{")
        switch self {
        case .modified(let key, let revision):
            writer.member("target", "MOD")
            writer.member("key", base64: Array(key.utf8))
            writer.member("modRevision", revision)
        case .created(let key, let revision):
            writer.member("target", "CREATE")
            writer.member("key", base64: Array(key.utf8))
            writer.member("createRevision", revision)
        }
        writer.close("}")
    }
}

extension EtcdAnswer {
    /// Reads an answer; `nil` where it is none.
    package init?(json bytes: [UInt8]) {
        guard let value = try? JSONParser.parse(bytes), let revision = value["header"]?["revision"]?.count else {
            return nil
        }
        // What is false, zero or nothing, the gateway leaves out.
        self.init(revision: revision, succeeded: value["succeeded"]?.bool ?? false, found: [])
        for response in value["responses"]?.array ?? [] {
            guard let range = response["response_range"] else { continue }
            var entries: [Entry] = []
            for entry in range["kvs"]?.array ?? [] {
                guard let key = entry["key"]?.decoded, let created = entry["create_revision"]?.count,
                    let modified = entry["mod_revision"]?.count
                else { return nil }
                entries.append(
                    Entry(
                        key: String(decoding: key, as: UTF8.self), value: entry["value"]?.decoded ?? [],
                        created: created, modified: modified))
            }
            found.append(Found(entries: entries, hasMore: range["more"]?.bool ?? false))
        }
    }
}

extension JSONValue {
    /// A number that stands as a text.
    package var count: Int? { string.flatMap { Int($0) } ?? integer }

    fileprivate var decoded: [UInt8]? { string.flatMap { Data(base64Encoded: $0) }.map { Array($0) } }
}

extension JSONWriter {
    fileprivate mutating func member(_ key: StaticString, base64 bytes: [UInt8]) {
        begin(key)
        raw("\"")
        raw(Array(Data(bytes).base64EncodedString().utf8))
        raw("\"")
    }
}
