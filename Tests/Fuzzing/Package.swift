// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building the program knows nothing of fuzzers. `Sources` is a link to the program's
// own sources: they are compiled into this package, instrumented. `scripts/fuzz` builds and runs it.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// One of the program's own targets.
func library(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: settings)
}

func fuzzer(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + ["LibFuzzer"], path: "Targets/\(name)", swiftSettings: settings)
}

let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2")
    ],
    targets: [
        .systemLibrary(name: "CFastCGI", path: "Sources/CFastCGI"),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
        library("System", "CLinux"),
        library("Formats", "CLinux", "System"),
        library("KHOINS", "Formats"),
        library("Journal", "CLinux", "Formats", "System"),
        library("Ledger", "CLinux", "Formats", "Journal", "KHOINS", "System"),
        library("FastCGI", "CFastCGI", "CLinux", "Formats", "System"),
        library(
            "Gateway", "CLinux", "Formats", "Journal", "KHOINS", "Ledger", "System",
            .product(name: "Logging", package: "swift-log")),
        library("Operations", "CLinux", "FastCGI", "Formats", "Gateway", "Journal", "KHOINS", "Ledger", "System"),
        .target(name: "LibFuzzer", path: "Targets/LibFuzzer", swiftSettings: settings),
        fuzzer("FuzzCallback", "Formats", "Journal", "KHOINS", "Ledger"),
        fuzzer("FuzzFastCGI", "FastCGI", "Gateway"),
        fuzzer("FuzzImport", "Formats", "Journal", "Ledger", "Operations"),
        fuzzer("FuzzJournal", "Formats", "Journal", "Ledger"),
        fuzzer("FuzzSettings", "Gateway"),
    ]
)
