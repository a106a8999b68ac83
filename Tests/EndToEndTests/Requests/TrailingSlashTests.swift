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
        for target in ["/laporan/khoins/?token=\(secretToken)", "\(request.target)?x=1", request.target] {
            #expect(try installation.door.send(Request("GET", target)).status == 200, "\(target)")
        }
        if way == .sharedHost {
            request.target = "/cgi-bin/khoins.cgi/\(secretToken)/"
            #expect(try installation.door.send(request).json?["result"] == "duplicate")
        }
        // lighttpd has 403 for what does not exist.
        let elsewhere = try installation.door.send(Request("GET", "/laporan/khoins/x/\(secretToken)"))
        #expect([403, 404].contains(elsewhere.status))
    }
}
