import Formats
import Ledger

extension ClusterOverview {
    /// In Prometheus' text format: a text a figure. The names of members need no escaping.
    var gauges: [[UInt8]] {
        var texts: [[UInt8]] = []
        func add(_ name: String, _ help: String, _ values: [(label: String, value: Int?)]) {
            let lines = values.compactMap { value in value.value.map { "\(name)\(value.label) \($0)\n" } }
            if lines.isEmpty { return }
            texts.append(Array("# HELP \(name) \(help)\n# TYPE \(name) gauge\n\(lines.joined())".utf8))
        }
        func each(_ value: (Row) -> Int?) -> [(label: String, value: Int?)] {
            rows.map { ("{member=\"\($0.name)\"}", value($0)) }
        }
        add("khoins_cluster_up", "Whether this server can agree with the others now.", [("", failure == nil ? 1 : 0)])
        add("khoins_cluster_etcd_bytes", "Bytes that etcd needs.", [("", size)])
        add(
            "khoins_cluster_member_well", "Whether nobody need look at a server of the cluster.",
            each { $0.trouble(now) == nil ? 1 : 0 })
        add(
            "khoins_cluster_member_behind_batches", "Batches that the farthest server has and this one has not.",
            each(\.behind))
        add(
            "khoins_cluster_member_seen_timestamp_seconds", "When a server told last how far it is.",
            each { $0.seen.map { Int($0.seconds) } })
        return texts
    }
}
