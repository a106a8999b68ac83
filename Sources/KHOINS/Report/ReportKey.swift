/// The members of a report that are read, under the names that KHOINS gives them.
enum ReportKey: String, CaseIterable {
    case destination = "tujuan"
    case trxid
    case status
    case memberid
    case amount
    case text = "message"
}
