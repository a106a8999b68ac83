import Testing

@testable import Gateway

@Suite("A request")
struct RequestTests {
    @Test(
        "may carry the token in any of these places",
        arguments: [
            ["REQUEST_URI": "/laporan/khoins/s3cret"],
            ["REQUEST_URI": "/s3cret"],
            ["REQUEST_URI": "/laporan/khoins/s3cret/"],
            ["REQUEST_URI": "/laporan/khoins/s3cret?x=1"],
            ["REQUEST_URI": "/laporan/khoins/s3cret?a=/b/c"],
            ["REQUEST_URI": "https://host.example/khoins/s3cret"],
            ["REQUEST_URI": "/khoins/s3cre%74"],
            ["REQUEST_URI": "/khoins/%73%33%63%72%65%74"],
            ["PATH_INFO": "/s3cret"],
            ["SCRIPT_NAME": "/cgi-bin/khoins/s3cret"],
            ["REQUEST_URI": "/elsewhere", "PATH_INFO": "/s3cret"],
            ["REQUEST_URI": "/khoins?token=s3cret"],
            ["QUERY_STRING": "token=s3cret"],
            ["QUERY_STRING": "a=b&token=s3cret&c"],
            ["QUERY_STRING": "token=wrong&token=s3cret"],
            ["QUERY_STRING": "token=s3%63ret"],
            ["HTTP_X_CALLBACK_TOKEN": "s3cret"],
            ["REQUEST_URI": "/khoins/wrong", "HTTP_X_CALLBACK_TOKEN": "s3cret"],
        ])
    func token(_ variables: [String: String]) {
        #expect(request(variables).tokenCandidates.contains(Array("s3cret".utf8)))
    }

    @Test(
        "carries no token in other places",
        arguments: [
            [:],
            ["REQUEST_URI": "/s3cret/khoins"],
            ["REQUEST_URI": "/khoins?s3cret"],
            ["REQUEST_URI": "/khoins?other=s3cret"],
            ["REQUEST_URI": "/khoins?TOKEN=s3cret"],
            ["REQUEST_URI": "/khoins?xtoken=s3cret"],
            ["REQUEST_URI": "/khoins?token=wrong", "QUERY_STRING": "token=wrong"],
            ["REQUEST_URI": "/khoins/s3cret%00"],
            ["REQUEST_URI": "/khoins/s3cret%"],
            ["REQUEST_URI": "/khoins/%2Fs3cret"],
            ["HTTP_COOKIE": "s3cret", "HTTP_AUTHORIZATION": "s3cret"],
            ["QUERY_STRING": "token%3Ds3cret"],
        ])
    func noToken(_ variables: [String: String]) {
        #expect(!request(variables).tokenCandidates.contains(Array("s3cret".utf8)))
    }

    @Test(
        "is percent-decoded, and what is no encoding stays as it is",
        arguments: [
            ("/%41", "A"), ("/%4a%4A", "JJ"), ("/%", "%"), ("/%4", "%4"), ("/%zz", "%zz"), ("/%+1", "%+1"),
            ("/%-1", "%-1"), ("/a+b", "a+b"), ("/%2541", "%41"), ("/%%41", "%A"), ("/%2F", "/"),
        ])
    func percentDecoding(_ path: String, _ segment: String) {
        #expect(request(["REQUEST_URI": path]).tokenCandidates == [Array(segment.utf8)])
    }

    @Test(
        "carries a report in its query where a member's name is there",
        arguments: [
            ("refid=KH-1&message=x", true), ("message=", true), ("RefID=1", true), ("a=b&memberid=x", true),
            ("%72efid=1", true), ("trxid", true), ("message[status]=Success", true), (" trxid=1", true),
            ("token=s3cret", false), ("", false), ("id=KH-1", false), ("xrefid=1", false), ("a=refid", false),
            ("refid2=1", false), ("ping", false), ("a=1;refid=2", false),
        ])
    func report(_ query: String, _ carries: Bool) {
        #expect(request(["QUERY_STRING": query]).carriesReport == carries)
        #expect(request(["REQUEST_URI": "/khoins/x?\(query)", "QUERY_STRING": ""]).carriesReport == carries)
    }

    @Test("keeps bytes that are not UTF-8 apart")
    func bytes() {
        #expect(request(["REQUEST_URI": "/%FF"]).tokenCandidates == [[0xFF]])
        #expect(request(["REQUEST_URI": "/%FE"]).tokenCandidates == [[0xFE]])
    }

    @Test(
        "tells the length of its body if that is a number",
        arguments: [
            (nil, nil), ("", nil), ("0", 0), ("211", 211), ("0211", 211), ("-1", nil), ("abc", nil), ("12x", nil),
            (" 12", nil), ("+12", nil), ("1e3", nil), ("99999999999999999999999", nil),
        ] as [(String?, Int?)])
    func contentLength(_ text: String?, _ length: Int?) {
        var variables: [String: String] = [:]
        variables["CONTENT_LENGTH"] = text
        #expect(request(variables).contentLength == length)
    }

    @Test(
        "keeps a Content-Type that is not the usual one, exactly as it came",
        arguments: [
            "application/x-www-form-urlencoded", "application/json; charset=utf-8", "application/JSON", "text/plain",
            "multipart/form-data; boundary=\"a b\"", "a\tb", "tipe/ß", "x",
            String(repeating: "x", count: Request.longestContentType),
        ])
    func contentType(_ type: String) {
        #expect(request(["CONTENT_TYPE": type]).contentType == type)
    }

    @Test(
        "keeps none that is usual, not sent, or no line of a header",
        arguments: [
            "application/json", "", "a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b", "a\u{7F}", "\u{1B}[2J", "a\u{FFFD}",
            String(repeating: "x", count: Request.longestContentType + 1),
        ])
    func usualType(_ type: String) {
        #expect(request(["CONTENT_TYPE": type]).contentType == nil)
        #expect(request([:]).contentType == nil)
    }

    @Test("has an empty method and address where the web server says nothing")
    func nothing() {
        #expect(request([:]).method == "")
        #expect(request([:]).remoteAddress == "")
    }

    @Test("comes from REMOTE_ADDR, whatever else claims to know better")
    func address() {
        let forged = ["REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": "10.0.0.1", "HTTP_X_REAL_IP": "10.0.0.1"]
        #expect(request(forged).remoteAddress == "192.0.2.1")
    }
}
