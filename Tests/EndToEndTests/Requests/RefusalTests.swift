import TestSupport
import Testing

@Suite("A stranger")
struct RefusalTests {
    @Test("cannot tell a wrong address from a wrong token, whatever the method")
    func sameReply() throws {
        let installation = try Installation.prepared(settings: "KHOINS_ALLOW=192.0.2.0/24,127.0.0.2\n")
        let settings = installation.scratch.settings
        let elsewhere = CGIDoor(installation.scratch, environment: settings)
        let allowed = CGIDoor(
            installation.scratch, environment: settings.merging(["KHOINS_ALLOW": "127.0.0.0/8"]) { $1 })
        for method in ["POST", "GET", "DELETE"] {
            let byAddress = try elsewhere.run(Request(method)).bytes
            let byToken = try allowed.run(Request(method, "/laporan/khoins/x")).bytes
            #expect(try Reply(cgi: byAddress).status == 403)
            #expect(byAddress == byToken)
        }
        #expect(installation.scratch.data.names(".") == [])
        #expect(try allowed.send(Request("GET")).status == 200)
    }
}
