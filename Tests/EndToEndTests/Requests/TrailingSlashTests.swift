import TestSupport
import Testing

@Suite("A slash behind the token")
struct TrailingSlashTests {
    @Test(
        "is no other URL, whichever example the web server has",
        arguments: WayIn.testable([.nginxUnix, .apacheCgid, .apacheFcgid, .apacheProxyFcgi, .sharedHost, .lighttpd]))
    func slash(way: WayIn) throws {
        let installation = try way.open()
        var request = Request(posting: Body.t1)
        request.target = "/laporan/khoins/\(secretToken)/"
        let reply = try installation.door.send(request)
        #expect(reply.json?["result"] == "created", "\(reply.text)")
        #expect(try installation.door.send(Request("GET", "/laporan/khoins/?token=\(secretToken)")).status == 200)
        // lighttpd has 403 for what does not exist.
        let elsewhere = try installation.door.send(Request("GET", "/laporan/khoins/x/\(secretToken)"))
        #expect([403, 404].contains(elsewhere.status))
    }
}
