// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that building the program knows nothing of fuzzers. `Sources` is a link to the program's
// own sources: they are compiled into this package, instrumented. `scripts/fuzz` builds and runs it.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "fuzzing",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2")
    ],
    targets: [
        .systemLibrary(name: "CFastCGI", path: "Sources/CFastCGI"),
        .systemLibrary(name: "CLinux", path: "Sources/CLinux"),
        .target(name: "KHOINSCallback", path: "Sources/KHOINSCallback", swiftSettings: settings),
        .target(
            name: "Ledger", dependencies: ["CLinux", "KHOINSCallback"], path: "Sources/Ledger",
            swiftSettings: settings),
        .target(
            name: "Gateway",
            dependencies: [
                "CFastCGI", "CLinux", "KHOINSCallback", "Ledger", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/Gateway", swiftSettings: settings),
        .target(name: "LibFuzzer", path: "Targets/LibFuzzer", swiftSettings: settings),
        .executableTarget(
            name: "FuzzCallback", dependencies: ["KHOINSCallback", "Ledger", "LibFuzzer"], path: "Targets/FuzzCallback",
            swiftSettings: settings),
        .executableTarget(
            name: "FuzzFastCGI", dependencies: ["Gateway", "LibFuzzer"], path: "Targets/FuzzFastCGI",
            swiftSettings: settings),
        // The reader of logged lines is a link to the program's own.
        .executableTarget(
            name: "FuzzImport", dependencies: ["KHOINSCallback", "Ledger", "LibFuzzer"], path: "Targets/FuzzImport",
            swiftSettings: settings),
        .executableTarget(
            name: "FuzzJournal", dependencies: ["KHOINSCallback", "Ledger", "LibFuzzer"], path: "Targets/FuzzJournal",
            swiftSettings: settings),
        .executableTarget(
            name: "FuzzSettings", dependencies: ["Gateway", "LibFuzzer"], path: "Targets/FuzzSettings",
            swiftSettings: settings),
    ]
)
