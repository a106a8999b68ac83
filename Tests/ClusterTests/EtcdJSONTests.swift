import Cluster
import Testing

@Suite("What is said to etcd's gateway")
struct EtcdJSONTests {
    @Test("says what is compared, put, read and deleted")
    func request() {
        var transaction = EtcdTransaction()
        transaction.comparisons = [.modified("m", 7), .created("k", 0)]
        transaction.success = [.put("k", [0xFF, 0x00]), .range(.init("a", "b", limit: 16)), .delete("c", "d")]
        transaction.failure = [.range(.init("m"))]
        let text = String(decoding: transaction.json, as: UTF8.self)
        let expected =
            #"{"compare":[{"target":"MOD","key":"bQ==","modRevision":7},{"target":"CREATE","key":"aw==","createRevision":0}],"#
            + #""success":[{"requestPut":{"key":"aw==","value":"/wA="}},"#
            + #"{"requestRange":{"key":"YQ==","range_end":"Yg==","limit":16}},"#
            + #"{"requestDeleteRange":{"key":"Yw==","range_end":"ZA=="}}],"failure":[{"requestRange":{"key":"bQ=="}}]}"#
        #expect(text == expected)
        transaction.isLocal = true
        #expect(String(decoding: transaction.json, as: UTF8.self).contains(#""key":"bQ==","serializable":true"#))
    }

    @Test("reads what etcd 3.4 answers, which leaves out what is false or nothing")
    func answer() {
        let text =
            #"{"header":{"cluster_id":"1","member_id":"2","revision":"12","raft_term":"3"},"succeeded":true,"responses":["#
            + #"{"response_put":{"header":{"revision":"12"}}},"#
            + #"{"response_range":{"header":{"revision":"12"},"kvs":[{"key":"aw==","create_revision":"5","mod_revision":"9","version":"2","value":"/wA="}],"more":true,"count":"2"}},"#
            + #"{"response_range":{"header":{"revision":"12"}}}]}"#
        let entry = EtcdAnswer.Entry(key: "k", value: [0xFF, 0], created: 5, modified: 9)
        #expect(
            EtcdAnswer(json: Array(text.utf8))
                == EtcdAnswer(
                    revision: 12, succeeded: true, found: [.init(entries: [entry], hasMore: true), .init(entries: [])]))
        #expect(EtcdAnswer(json: Array(#"{"header":{"revision":"3"}}"#.utf8))?.succeeded == false)
    }

    @Test("takes nothing else for an answer", arguments: ["", "{}", "[]", #"{"header":{}}"#, "<html>"])
    func noAnswer(_ text: String) {
        #expect(EtcdAnswer(json: Array(text.utf8)) == nil)
    }

    @Test(
        "goes to a numeric address",
        arguments: [
            ("http://127.0.0.1:2379", "http://127.0.0.1:2379"), ("http://[::1]:2379/", "http://[::1]:2379"),
            ("http://localhost:2379", nil), ("https://127.0.0.1:2379", nil), ("http://127.0.0.1", nil),
            ("http://127.0.0.1:0", nil), ("127.0.0.1:2379", nil), ("http://127.0.0.1:2379/v3", nil), ("", nil),
        ])
    func address(_ text: String, _ url: String?) {
        #expect(EtcdAddress(text)?.url == url)
    }
}
