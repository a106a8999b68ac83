import Page

extension SettingValues {
    /// What opens the operators' page, and why it stays closed though a key is set. A key that is not safe closes the
    /// page, and keeps no callback away.
    package func page() throws(Settings.Problem) -> (keys: PageKeys?, problem: String?) {
        guard let text = self[.pageKey] else { return (nil, nil) }
        let tokens = try tokens()
        let keys = TokenList.items(of: text)
        for (index, key) in keys.enumerated() {
            let place = keys.count == 1 ? "KHOINS_PAGE_KEY" : "KHOINS_PAGE_KEY: key \(index + 1)"
            if !key.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"#\"'".utf8.contains($0) }) {
                return (nil, "\(place) holds white space, a quote, # or what is not ASCII; the page stays closed")
            }
            if key.utf8.count < PageKeys.minimumLength {
                return (
                    nil, "\(place) has fewer than \(PageKeys.minimumLength) characters; the page stays closed"
                )
            }
            if tokens.contains(key) { return (nil, "\(place) is a token too; the page stays closed") }
        }
        return keys.isEmpty ? (nil, "KHOINS_PAGE_KEY holds no key; the page stays closed") : (PageKeys(keys), nil)
    }
}
