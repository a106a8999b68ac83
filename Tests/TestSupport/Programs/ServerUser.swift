import Glibc

/// The user that servers and handlers run as: an unprivileged one, also where the tests run as root, as in most CI.
package enum ServerUser {
    package static let isRoot = geteuid() == 0
    /// Debian's user for web servers; has no meaning unless the tests run as root.
    package static let name = "www-data"
    package static let numericID: uid_t = 33

    /// What makes a command run as this user.
    package static var prefix: [String] {
        isRoot ? ["/usr/bin/setpriv", "--reuid", name, "--regid", name, "--clear-groups", "--"] : []
    }

    /// A line of a server's configuration that only root may have.
    package static func ifRoot(_ line: String) -> String { isRoot ? line : "" }

    /// Gives a file to this user.
    package static func own(_ path: String) {
        if isRoot { chown(path, numericID, numericID) }
    }
}
