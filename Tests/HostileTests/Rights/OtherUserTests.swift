import Foundation
import Glibc
import TestSupport
import Testing

/// Two users who both could write: each would undo the other's lock, and both would recover at each turn.
@Suite("A user who is neither the data's owner nor root", .enabled(if: ServerUser.isRoot, "only root can be two users"))
struct OtherUserTests {
    private func callback(_ trxid: String) -> Request {
        Request(posting: #"{"refid":"\#(trxid)","message":"{\"status\":\"Success\"}"}"#)
    }

    /// The same command as a user of the owner's group.
    private func asMember(_ command: Command) -> Command {
        var other = command
        other.arguments =
            ["/usr/bin/setpriv", "--reuid", "70001", "--regid", ServerUser.name, "--clear-groups", "--"]
            + (command.arguments.starts(with: ServerUser.prefix)
                ? Array(command.arguments.dropFirst(ServerUser.prefix.count)) : command.arguments)
        return other
    }

    @Test("only reads, whatever the group's rights are, and is told so", arguments: [false, true])
    func refused(_ isLockMissing: Bool) throws {
        let installation = try Installation.prepared()
        let scratch = installation.scratch
        let settings = ["KHOINS_SETTINGS": scratch.file("etc/khoins-callback.env")]
        var own = CGIDoor(scratch, environment: settings)
        own.command.environment = settings
        #expect(try own.send(callback("A")).status == 200)
        let data = scratch.file("home/data")
        chown(scratch.file("etc/khoins-callback.env"), ServerUser.numericID, ServerUser.numericID)
        chmod(scratch.file("etc/khoins-callback.env"), 0o640)
        for name in ["", "/journal", "/transactions", "/topups", "/rejected"] { chmod(data + name, 0o770) }
        let lock = "\(data)/journal/.lock"
        if isLockMissing { try FileManager.default.removeItem(atPath: lock) }
        var before = stat()
        _ = stat(lock, &before)

        var other = own
        other.command = asMember(own.command)
        let ending = try other.run(callback("B"))
        #expect(ending.output.contains("Status: 500"))
        #expect(ending.errors.contains("belongs to user \(ServerUser.numericID), and this is user 70001"))
        var list = Command([scratch.executable, "list", "--data", data])
        list.environment = settings
        let listed = try ChildProcess.run(asMember(list))
        #expect(listed.status == 0 && listed.output.contains("A"))
        var after = stat()
        _ = stat(lock, &after)
        #expect(before.st_ino == after.st_ino)

        #expect(try own.send(callback("B")).status == 200)
        for name in ["", "/journal", "/transactions", "/topups", "/rejected"] { chmod(data + name, 0o750) }
    }
}
