import Glibc
import Ledger
import TestSupport
import Testing

/// What a shell offers behind Tab, asked of bash itself.
@Suite("A word that is completed")
struct CompletionTests {
    private let installation: FollowedDirectory

    init() throws { installation = try FollowedDirectory() }

    /// - Parameter line: What was typed, its last word unfinished.
    private func offered(_ line: String, data: String? = nil) throws -> [String] {
        let words = line.split(separator: " ", omittingEmptySubsequences: false).map { "'\($0)'" }
        let ending = try installation.shell(
            """
            mkdir -p bin && ln -sf "$exe" bin/khoins-callback && PATH="$PWD/bin:$PATH"
            \(data.map { "export KHOINS_DATA='\($0)'" } ?? "")
            eval "$(khoins-callback --generate-completion-script bash)"
            complete=$(complete -p khoins-callback) && complete=${complete#*-F } && complete=${complete%% *}
            COMP_WORDS=(\(words.joined(separator: " "))) COMP_CWORD=\(words.count - 1)
            COMP_LINE='\(line)' COMP_POINT=\(line.count) COMP_TYPE=9
            "$complete" khoins-callback "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>errors
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        ).ending()
        #expect(installation.text("errors") == "")
        return ending.lines.map { String($0) }.filter { !$0.isEmpty && !$0.hasPrefix("-") }
    }

    @Test("behind show is an id of the newest records")
    func show() throws {
        for number in 1...60 { installation.store("KH-\(number)", at: number) }
        installation.store("INV-1", at: 70)
        installation.store("with a space; rm", at: 71)
        let all = try offered("khoins-callback show ")
        #expect(all.count == 50 && all.contains("INV-1") && all.contains("KH-60") && !all.contains("KH-1"))
        #expect(try offered("khoins-callback show KH-1").sorted() == ["KH-1"] + (10...19).map { "KH-\($0)" })
        #expect(try offered("khoins-callback show with").isEmpty)
    }

    @Test("behind follow --skip is the id of what waits")
    func skip() throws {
        for trxid in ["KH-1", "KH-2"] { installation.store(trxid) }
        let command = ["follow", "--once", "--from", "start", "--exec", #"[ "$KHOINS_TRXID" = KH-1 ]"#]
        #expect(try installation.start(command).ending().status == 1)
        #expect(try offered("khoins-callback follow --skip ") == ["KH-2"])
    }

    @Test("is not offered to whoever cannot read the data, and he sees no message")
    func nothing() throws {
        #expect(try offered("khoins-callback show ", data: "/nowhere/data").isEmpty)
    }
}
