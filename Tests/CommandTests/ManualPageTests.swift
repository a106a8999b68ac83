import Formats
import Gateway
import KHOINS
import TestSupport
import Testing

/// The page that `scripts/install` installs, which `scripts/manual` makes.
@Suite("The manual page")
struct ManualPageTests {
    private static let path = #filePath.replacing(
        "Tests/CommandTests/ManualPageTests.swift", with: "scripts/examples/khoins-callback.1")

    private func lines() throws -> [String] {
        let text = String(decoding: try Scratch(.plain).read(absolute: Self.path), as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    @Test("has no example that is wider than 80 columns where it stands, indented by 20")
    func width() throws {
        var (isExample, count) = (false, 0)
        for line in try lines() {
            if line.hasPrefix(".") { isExample = line.hasPrefix(".Bd -literal") || isExample && line != ".Ed" }
            guard isExample, !line.hasPrefix(".") else { continue }
            count += 1
            // As it is shown: each escape is one character.
            let shown = line.replacing("\\e", with: "/").replacing("\\", with: "")
            #expect(shown.count <= 60, "\(line)")
        }
        #expect(count > 20)
    }

    /// What the page says, without how it looks: its macros' lines, and the letters of everything else.
    private func page() throws -> (macros: Set<String>, letters: String) {
        let lines = try lines()
        // A line that goes on on the next one ends in a backslash.
        let text = lines.filter { !$0.hasPrefix(".") }.joined().replacing("\\e", with: "")
        return (Set(lines.filter { $0.hasPrefix(".") }), Self.letters(text))
    }

    /// The generator leaves out what is not ASCII.
    private static func letters(_ text: String) -> String {
        String(text.filter { $0.isASCII && !$0.isWhitespace && $0 != "\\" && $0 != "&" })
    }

    @Test("says what can be set, how a command ends and which files there are")
    func beside() throws {
        let page = try page()
        for name in SettingValues.Name.allCases { #expect(page.macros.contains(".It Ev \(name.rawValue)")) }
        for status in [0, 1, 2, 64] { #expect(page.macros.contains(".It \(status)")) }
        for section in ["ENVIRONMENT", "FILES", "EXIT STATUS"] { #expect(page.macros.contains(".Sh \(section)")) }
        #expect(page.macros.contains(".It Pa \(SettingsSource.installedFile)"))
    }

    @Test("says what each field of a record means, and which statuses there are")
    func records() throws {
        let page = try page()
        #expect(page.macros.contains(".Sh RECORDS"))
        for field in [
            "trxid", "status", "kind", "serialNumber", "product", "destination", "price", "reason", "memberid",
            "amount",
            "balance", "providerStatus", "providerTime", "text", "damaged", "reversed", "unclear", "receivedAt",
            "expected", "deliveries", "remoteAddress", "count", "lastReceivedAt", "journal", "body",
            "omittedDeliveries",
            "omittedDigests", "omittedRepeats", "schema",
        ] {
            let isThere = page.macros.contains { line in
                line.hasPrefix(".It Cm ") && line.split(separator: " ").contains(Substring(field))
            }
            #expect(isThere, "\(field)")
        }
        for status in Status.allCases {
            let isThere = page.macros.contains {
                $0 == ".It \(status.rawValue)" || $0.hasPrefix(".It \(status.rawValue) (")
            }
            #expect(isThere, "\(status)")
        }
    }

    @Test("says of each command and flag what the program itself says; scripts/manual makes it anew")
    func fresh() throws {
        let page = try page()
        let dump = try Program(Scratch(.plain)).run("--experimental-dump-help").output
        let command = try #require(try JSONParser.parse(Array(dump.utf8))["command"])
        let commands = command["subcommands"]?.array ?? []
        #expect(commands.count >= 10)
        for command in [command] + commands where command["commandName"]?.string != "help" {
            let name = command["commandName"]?.string ?? ""
            #expect(page.macros.contains(".It Em \(name)") || name == "khoins-callback")
            for key in ["abstract", "discussion"] {
                let words = command[key]?.string ?? ""
                let isThere = page.letters.contains(Self.letters(words)) || name == "khoins-callback"
                #expect(isThere, "\(name): \(words)")
            }
            // Some are for the program's own use.
            for argument in command["arguments"]?.array ?? [] where argument["shouldDisplay"]?.bool ?? true {
                for flag in argument["names"]?.array ?? [] where flag["kind"]?.string == "long" {
                    let flag = flag["name"]?.string ?? ""
                    let isThere = page.macros.contains { line in
                        line.hasPrefix(".It Fl ") && line.split(separator: " ").contains("-\(flag)")
                    }
                    #expect(isThere, "\(name) --\(flag)")
                }
                let words = argument["abstract"]?.string ?? ""
                #expect(page.letters.contains(Self.letters(words)), "\(name): \(words)")
            }
        }
    }
}
