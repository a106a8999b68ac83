import Testing

@testable import Gateway

/// Who watches may see, and store nothing.
struct MonitorTests {
    private static let policy = AccessPolicy(
        tokens: [Token("callbacks")], ranges: [], monitors: [Token("monitor1")])

    private static func gateway(_ policy: AccessPolicy) -> Gateway {
        Gateway(access: policy, maximumBody: 1000, log: EventLog())
    }

    private static func request(_ method: String, _ target: String, length: String? = nil) -> Request {
        Request { name in
            switch name {
            case "REQUEST_METHOD": method
            case "REQUEST_URI": target
            case "CONTENT_LENGTH": length
            case "REMOTE_ADDR": "192.0.2.9"
            default: nil
            }
        }
    }

    @Test(
        "A monitor's token tells health, and nothing else",
        arguments: [
            ("GET", "/laporan/khoins/monitor1", nil, true), ("HEAD", "/laporan/khoins?token=monitor1", nil, true),
            ("POST", "/laporan/khoins/monitor1", nil, false), ("POST", "/laporan/khoins/monitor1", "10", false),
            ("GET", "/laporan/khoins/monitor1?refid=KH-1", nil, false),
            ("GET", "/laporan/khoins/monitor1", "10", false),
            ("DELETE", "/laporan/khoins/monitor1", nil, false), ("GET", "/laporan/khoins/monitor2", nil, false),
        ] as [(String, String, String?, Bool)])
    func storesNothing(_ method: String, _ target: String, _ length: String?, _ isAllowed: Bool) {
        let disposition = Self.gateway(Self.policy).disposition(of: Self.request(method, target, length: length))
        #expect((disposition == .tellHealth) == isAllowed)
        #expect(disposition != .store)
    }

    @Test(
        "Figures are for who watches, and for who has a token; that anybody may post opens them to nobody",
        arguments: [
            ("/laporan/khoins/metrics?token=monitor1", true), ("/laporan/khoins/metrics?token=callbacks", true),
            ("/laporan/khoins/metrics", false), ("/laporan/khoins/metrics?token=metrics", false),
        ])
    func opensFigures(_ target: String, _ isAllowed: Bool) {
        let request = Self.request("GET", target)
        #expect(request.isForFigures)
        #expect(Self.policy.mayAskFigures(request) == isAllowed)
        let open = AccessPolicy(tokens: [], ranges: [], monitors: [Token("monitor1")])
        #expect(open.mayAskFigures(request) == target.hasSuffix("monitor1"))
    }

    @Test("A callback's address is not asked of who watches")
    func comesFromElsewhere() throws {
        let policy = AccessPolicy(
            tokens: [Token("callbacks")], ranges: [try #require(AddressRange("182.23.3.230"))],
            monitors: [Token("monitor1")])
        #expect(policy.mayAskFigures(Self.request("GET", "/laporan/khoins/metrics?token=monitor1")))
        #expect(!policy.mayAskFigures(Self.request("GET", "/laporan/khoins/metrics?token=callbacks")))
    }
}
