import Glibc
import System
import Testing

@Suite("Names with values")
struct VariablesTests {
    private static let some: Variables = ["A": "1", "AB": "2", "B": "", "C": "x=y"]

    @Test(
        "are found by the whole name alone",
        arguments: [
            ("A", "1"), ("AB", "2"), ("B", ""), ("C", "x=y"), ("", nil), ("ABC", nil), ("a", nil), ("x", nil),
            ("1", nil),
        ] as [(String, String?)])
    func found(_ name: String, _ value: String?) {
        #expect(Self.some[name] == value)
        #expect(Variables()[name] == nil)
    }

    @Test("are set, set anew and taken out, and the others stay", arguments: ["A", "AB", "B", "C", "D"])
    func set(_ name: String) {
        var variables = Self.some
        var expected = ["A": "1", "AB": "2", "B": "", "C": "x=y"]
        for value in ["longer than before", "", "\0", nil, "again", nil] {
            variables[name] = value
            expected[name] = value
            #expect(Dictionary(uniqueKeysWithValues: variables.all.map { ($0.name, $0.value) }) == expected)
            for (name, value) in expected { #expect(variables[name] == value) }
        }
    }

    @Test("are listed in order, and by how they begin in any case")
    func listed() {
        #expect(Self.some.all.map(\.name) == ["A", "AB", "B", "C"])
        let names: Variables = ["KHOINS_DATA": "", "khoins_data": "", "XKHOINS": "", "KHOIN": "KHOINS", "K@OINS": ""]
        #expect(names.names(beginning: "KHOINS") == ["KHOINS_DATA", "khoins_data"])
        #expect(names.names(beginning: "KHOINS_DATA2").isEmpty)
    }

    @Test("are this process's own; what is no UTF-8 is made good")
    func own() {
        setenv("KHOINS_TEST_VARIABLE", "\u{e9} and =", 1)
        setenv("KHOINS_TEST_BYTES", [0x61, -1, 0] as [CChar], 1)
        defer { for name in ["KHOINS_TEST_VARIABLE", "KHOINS_TEST_BYTES"] { unsetenv(name) } }
        let variables = Variables.current
        #expect(variables["KHOINS_TEST_VARIABLE"] == "\u{e9} and =")
        #expect(variables["KHOINS_TEST_BYTES"] == "a\u{FFFD}")
        #expect(variables["PATH"] == String(cString: getenv("PATH")))
        #expect(variables["KHOINS_TEST_NO_VARIABLE"] == nil)
    }
}
