import Gateway
import LibFuzzer

// Any settings file is read or refused; what is read is checked or refused; no sentence about it quotes a token.

@main
enum FuzzSettings {
    static func main() { fuzz(fuzzSettings) }
}

private func fuzzSettings(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(Settings.Problem) {
        var values = try SettingsFile.parse(bytes)
        values[.data] = "/data"
        let token = values[.token]
        do throws(Settings.Problem) {
            let settings = try values.settings()
            precondition((1...1024).contains(settings.threads) && settings.maximumBody > 0)
        } catch {
            // Short ones can stand in a sentence by chance, and those that stand under another name too.
            if let token, token.utf8.count > 40, !isElsewhere(token, values) {
                precondition(!error.sentence.contains(token))
            }
        }
    } catch {
        precondition(error.sentence.hasPrefix("line "))
    }
    return 0
}

private func isElsewhere(_ token: String, _ values: SettingValues) -> Bool {
    SettingValues.Name.allCases.contains { $0 != .token && values[$0]?.contains(token) == true }
}
