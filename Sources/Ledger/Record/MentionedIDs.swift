import Journal
import KHOINS

/// The ids that a rejected delivery seems to be about, for an operator who looks for one: a guess that files nothing.
package struct MentionedIDs: Equatable, Sendable {
    package var trxid: String?
    package var memberid: String?

    /// Bytes of an id that are kept; a longer one could be no record's.
    private static let maximumLength = 200

    package init(_ delivery: Delivery) {
        self.init(body: delivery.body, query: delivery.query)
    }

    /// - Parameter query: What the URL carried besides, which speaks first.
    package init(body: [UInt8], query: String?) {
        let query = Array((query ?? "").utf8)
        func inQuery(_ name: String) -> String? { QueryFields.value(of: name, in: query) }
        trxid = (inQuery("refid") ?? inQuery("trxid")).map(Self.bounded) ?? MentionedID.trxid(in: body)
        memberid = inQuery("memberid").map(Self.bounded) ?? MentionedID.memberid(in: body)
    }

    private static func bounded(_ id: String) -> String? { id.utf8.count <= maximumLength ? id : nil }
}
