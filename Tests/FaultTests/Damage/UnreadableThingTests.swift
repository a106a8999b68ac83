import Foundation
import TestSupport
import Testing

extension Faults {
    /// Anything in the data directory that cannot be read, or that something else lies in the place of.
    @Suite("Something that cannot be read", .enabled(if: Fault.canInject, "needs strace"))
    struct UnreadableThingTests {
        enum Thing: String, CaseIterable, CustomTestStringConvertible {
            case record = "transactions/KH-1.json"
            case journal = "journal/FILE.jsonl"
            case month = "archive/FILE.jsonl"
            case index = "archive/.index"
            case rejected = "rejected/FILE.json"
            case checkpoint = "journal/.checkpoint"
            case note = "journal/.note"
            case lock = "journal/.lock"
            case strayRecord = "transactions/INV-1.json"
            case strayFile = "transactions/INV-1.json.save"
            case strayJournal = "journal/000000000099-20261125.jsonl"
            case strayRejection = "rejected/notes.txt"

            var testDescription: String { rawValue }
            var isStray: Bool { [.strayRecord, .strayFile, .strayJournal, .strayRejection].contains(self) }

            /// Who comes across it; whoever does not has nothing to name.
            var isNamedBy: Set<Reader> {
                switch self {
                case .record: [.verify, .list, .stats, .statsSince, .show, .follow]
                case .journal: [.verify, .list, .statsSince, .follow]
                case .month, .index: [.verify, .list, .stats, .statsSince, .showOther, .follow]
                case .rejected: [.verify, .listRejected, .showOther]
                case .checkpoint, .note, .lock: Set(Reader.allCases)
                case .strayRecord: [.verify, .stats]
                case .strayFile, .strayRejection: [.verify]
                case .strayJournal: [.verify, .list, .statsSince]
                }
            }

            var isMovedAsideByWriters: Bool { self != .month && self != .record && self != .rejected && !isStray }
        }

        enum Reader: CaseIterable {
            case verify, list, listRejected, stats, statsSince, show, showOther, follow

            var words: [String] {
                switch self {
                case .verify: ["verify"]
                case .list: ["list", "--all", "--json"]
                case .listRejected: ["list", "--kind", "rejected"]
                case .stats: ["stats"]
                case .statsSince: ["stats", "--since", "1d"]
                case .show: ["show", "KH-1"]
                case .showOther: ["show", "KH-NONE"]
                case .follow: ["follow", "--once"]
                }
            }
        }

        enum Trouble: CaseIterable {
            case directory, pipe, link, device
            case unreadable, forbidden, longName

            var isInPlace: Bool { [.directory, .pipe, .link, .device].contains(self) }
        }

        private static let troubles =
            Trouble.allCases.filter { ($0 != .device || geteuid() == 0) && ($0 != .longName || FaultReport.isLong) }

        /// A pending record and a final one, an archived one, a rejected delivery, a checkpoint in the midst of it.
        private func site(_ tally: Tally) throws -> Site {
            let site = try Site()
            _ = try site.post(SentCallback("KH-A"), tally)
            try site.run(["archive", "--older-than", "0s"])
            for callback in [SentCallback("KH-1", "Pending"), SentCallback("KH-2")] {
                _ = try site.post(callback, tally)
            }
            _ = try site.post(SentCallback.rejected, tally)
            _ = try site.post(SentCallback("KH-3"), tally)
            return site
        }

        private func place(_ thing: Thing, in site: Site) -> String {
            let folder = String(thing.rawValue.prefix { $0 != "/" })
            let file = site.names(in: folder).first { !$0.hasPrefix(".") } ?? ""
            let parts = thing.rawValue.split(separator: "/")
            return "\(folder)/\(parts[1].hasPrefix("FILE") ? file : String(parts[1]))"
        }

        /// Puts something else in the place of a thing, which is kept; or says how strace keeps it from being read.
        private func befall(_ trouble: Trouble, _ name: String, in site: Site) throws -> [Fault] {
            let path = "\(site.data)/\(name)"
            let leaf = name.split(separator: "/").last.map(String.init) ?? ""
            switch trouble {
            case .unreadable:
                return ["pread64", "read"].map {
                    Fault(call: $0, occurrence: .every, effect: .error("EIO"), path: path)
                }
            case .forbidden:
                return [Fault(call: "openat", occurrence: .every, effect: .error("EACCES"), path: leaf)]
            case .longName:
                return [Fault(call: "openat", occurrence: .every, effect: .error("ENAMETOOLONG"), path: leaf)]
            case .directory, .pipe, .link, .device: break
            }
            _ = rename(path, "\(site.root)/kept")
            switch trouble {
            case .directory:
                try FileManager.default.createDirectory(atPath: "\(path)/full", withIntermediateDirectories: true)
            case .pipe: #expect(mkfifo(path, 0o640) == 0)
            case .link: #expect(symlink(leaf, path) == 0)
            // /dev/full: reads as NULs for ever.
            default: #expect(mknod(path, S_IFCHR | 0o640, 1 << 8 | 7) == 0)
            }
            return []
        }

        private func relieve(_ name: String, in site: Site) throws {
            try? FileManager.default.removeItem(atPath: "\(site.data)/\(name)")
            _ = rename("\(site.root)/kept", "\(site.data)/\(name)")
        }

        @Test(
            "is named by all who come across it, and they do the rest; callbacks are stored",
            arguments: Thing.allCases, troubles)
        func everything(_ thing: Thing, _ trouble: Trouble) throws {
            // The lock is opened by no reader, and one that stays unreadable however often it is replaced is no lock.
            if thing == .lock || thing.isStray, !trouble.isInPlace { return }
            // One that cannot be opened even when it is new ends the commits of that time, which says so.
            if thing == .note, !trouble.isInPlace, trouble != .unreadable { return }
            let tally = Tally()
            let site = try site(tally)
            site.leavesDamage()
            let name = place(thing, in: site)
            let faults = try befall(trouble, name, in: site)
            for reader in Reader.allCases {
                let ending = try site.program(reader.words, faults)
                let isNamed = (ending.output + ending.errors).contains(name)
                let isMet = thing.isNamedBy.contains(reader)
                #expect(ending.status == (isMet || reader == .showOther ? 1 : 0), "\(reader): \(ending.errors)")
                #expect(isNamed == isMet, "\(reader): \(ending.output)\(ending.errors)")
                if reader == .list {
                    #expect(ending.output.contains("KH-2") || thing == .journal, "\(ending.output)")
                }
                if reader == .stats || reader == .statsSince {
                    #expect(ending.output.contains("Success") || thing == .journal, "\(ending.output)")
                }
            }
            // Telling from the entry alone.
            if thing == .record {
                let told = try site.program(["follow", "--once"], faults)
                #expect(told.output.contains("KH-1") && told.output.contains("Pending"), "\(told.output)")
            }
            #expect(try site.program(["archive", "--older-than", "0s"], faults).status <= 1)
            let callbacks = [SentCallback("KH-4"), SentCallback("KH-3", "Refund"), SentCallback("KH-1")]
            for callback in callbacks {
                let answer = try site.post(callback, tally, faults: faults)
                let isConcerned = thing == .record && callback.trxid == "KH-1" && trouble == .directory
                // An archived one builds on what cannot be read.
                let isArchived = thing == .month && callback.trxid == "KH-3"
                let isRefused = answer.status == 503 && (isConcerned || isArchived)
                #expect(isRefused || answer.status == 200, "\(answer.log)")
            }
            #expect(try site.program(["verify", "--repair"], faults).status <= 1)
            if trouble.isInPlace, !thing.isMovedAsideByWriters || thing == .journal { try relieve(name, in: site) }
            for number in 5..<7 {
                #expect(try site.post(SentCallback("KH-\(number)"), tally).status == 200)
            }
            for aside in ["transactions", "rejected"] {
                for name in site.names(in: aside) where name.contains(".aside-") { try site.remove("\(aside)/\(name)") }
            }
            #expect(try site.verify(repair: true).status == 0)
            #expect(try site.problems(tally) == [])
        }
    }
}
