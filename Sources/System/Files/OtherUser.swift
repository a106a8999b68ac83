import Glibc

/// What root does for a moment with no more rights than another user has.
package enum OtherUser {
    /// Runs `body` with the rights of a user and of his groups. Root's own are back on return.
    ///
    /// - Parameter group: Taken where no group of his can be made out.
    /// - Returns: `nil` if this process is neither this user nor root; `body` was not run then.
    package static func acting<Value>(as user: UInt32, group: UInt32, _ body: () -> Value) -> Value? {
        if geteuid() == user { return body() }
        guard geteuid() == 0 else { return nil }
        var before = [gid_t](repeating: 0, count: max(0, Int(getgroups(0, nil))))
        let count = getgroups(Int32(before.count), &before)
        let ownGroup = getegid()
        let groups = groups(of: user) ?? [group]
        guard setgroups(groups.count, groups) == 0 else { return nil }
        defer { setgroups(Int(max(count, 0)), before) }
        guard setegid(groups[0]) == 0 else { return nil }
        defer { setegid(ownGroup) }
        guard seteuid(user) == 0 else { return nil }
        defer {
            // Going on as somebody else would make files of his in the wrong place.
            if seteuid(0) != 0 { preconditionFailure("root cannot be root again") }
        }
        return body()
    }

    /// A user's groups, his own first; `nil` for one whom /etc/passwd does not name. The C library would ask name servers
    /// too, which a static executable cannot.
    private static func groups(of user: UInt32) -> [gid_t]? {
        let users = lines(of: "passwd").first { $0.count > 3 && $0[2] == String(user) }
        guard let users, let own = gid_t(users[3]) else { return nil }
        return [own]
            + lines(of: "group").compactMap { group in
                group.count > 3 && group[3].split(separator: ",").contains(users[0]) ? gid_t(group[2]) : nil
            }
    }

    private static func lines(of name: String) -> [[Substring]] {
        guard let bytes = try? Directory(openingPath: "/etc").openIfPresent(name)?.readAll() else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
    }
}
