import Foundation
import TestSupport
import Testing

/// What is planted in a copy of the sources, and how `scripts/layers` names it.
struct PlantedFault: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var files: [String: String]
    /// What stands on standard error; nothing for what is no fault.
    var words: [String]
}

@Suite("scripts/layers")
struct LayersScriptTests {
    static let faults = [
        PlantedFault(testDescription: "nothing", files: [:], words: []),
        PlantedFault(
            testDescription: "a target that uses one above it",
            files: ["System/Planted.swift": "func planted(_ queue: CommitQueue) {}\n"],
            words: ["targets in a circle", "Ledger", "System"]),
        PlantedFault(
            testDescription: "folders that use each other",
            files: ["Ledger/Record/Planted.swift": "/// One.\nstruct Planted { var store: RecordStore? }\n"],
            words: ["folders of Ledger in a circle", "Record", "Store"]),
        PlantedFault(
            testDescription: "folders that use each other by a member of an extension alone",
            files: [
                "Formats/Bytes/Planted.swift":
                    "extension Int {\n    var plantedText: String { \"\\(self.plantedTwice)\" }\n}\n",
                "Formats/Time/Planted.swift":
                    "extension Int {\n    var plantedTwice: Int { 2 * self }\n}\n",
            ],
            words: ["folders of Formats in a circle", "Bytes", "Time"]),
        PlantedFault(
            testDescription: "five files that use each other",
            files: Dictionary(
                uniqueKeysWithValues: (0..<5).map {
                    ("KHOINS/Planted\($0).swift", "struct Planted\($0) { var next: [Planted\(($0 + 1) % 5)] }\n")
                }),
            words: ["5 files in a circle", "KHOINS/Planted0.swift"]),
        PlantedFault(
            testDescription: "four files that use each other",
            files: Dictionary(
                uniqueKeysWithValues: (0..<4).map {
                    ("KHOINS/Planted\($0).swift", "struct Planted\($0) { var next: [Planted\(($0 + 1) % 4)] }\n")
                }),
            words: []),
        PlantedFault(
            testDescription: "a call that belongs into System",
            files: ["Ledger/Planted.swift": "import Glibc\n\nfunc planted() { unlink(\"planted\") }\n"],
            words: ["Ledger/Planted.swift calls unlink"]),
        PlantedFault(
            testDescription: "a look at errno outside System",
            files: ["Gateway/Planted.swift": "import Glibc\n\nfunc planted() -> Bool { errno == ENOENT }\n"],
            words: ["Gateway/Planted.swift looks at errno", "Gateway/Planted.swift looks at ENOENT"]),
        PlantedFault(
            testDescription: "a look at a call's name outside System",
            files: ["Ledger/Planted.swift": "func planted(_ error: LedgerError) -> Bool { error.call == nil }\n"],
            words: ["Ledger/Planted.swift looks at error.call"]),
        PlantedFault(
            testDescription: "names of things above in comments and in strings",
            files: [
                "System/Planted.swift":
                    "/// Not by `CommitQueue`, as /* Gateway */ is above.\nlet planted = \"CommitQueue \\(1)\" + #\"\"Gateway\"\"#\n"
            ],
            words: []),
    ]

    @Test("draws the sources, and fails where it goes in a circle", arguments: faults)
    func planted(fault: PlantedFault) throws {
        let scratch = try Scratch()
        let copy = scratch.file("run/Sources")
        try FileManager.default.copyItem(atPath: Repository.file("Sources"), toPath: copy)
        for (name, text) in fault.files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(copy)/\(name)")) }
        let ending = try ChildProcess.run(Command(script: "layers", [copy], in: scratch), in: scratch)
        #expect(ending.status == (fault.words.isEmpty ? 0 : 1))
        if fault.words.isEmpty { #expect(ending.errors == "") }
        for word in fault.words { #expect(ending.errors.contains(word), "\(ending.errors)") }
        let drawn = ending.output
        #expect(drawn.hasPrefix("from \\ to"))
        for target in ["System", "Formats", "KHOINS", "Journal", "Ledger", "FastCGI", "Gateway", "Operations"] {
            #expect(drawn.contains("\n\(target)"), "\(target)")
        }
    }
}
