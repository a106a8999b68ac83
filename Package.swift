// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// Several servers with one order, which needs an etcd beside each: only with `--traits Cluster` are these fetched and linked.
let inCluster = TargetDependencyCondition.when(traits: ["Cluster"])

/// Bottom up: nothing uses what stands below it.
let layers: [Target] = [
    .systemLibrary(name: "CLinux"),
    .target(name: "System", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Formats", dependencies: ["CLinux", "System"], swiftSettings: strict),
    .target(name: "KHOINS", dependencies: ["Formats"], swiftSettings: strict),
    .target(name: "Journal", dependencies: ["CLinux", "Formats", "System"], swiftSettings: strict),
    .target(name: "Ledger", dependencies: ["CLinux", "Formats", "Journal", "KHOINS", "System"], swiftSettings: strict),
    .target(
        name: "Cluster",
        dependencies: [
            "CLinux", "Formats", "Journal", "Ledger", "System",
            .product(name: "NIOCore", package: "swift-nio", condition: inCluster),
            .product(name: "NIOPosix", package: "swift-nio", condition: inCluster),
            .product(name: "NIOHTTP1", package: "swift-nio", condition: inCluster),
        ],
        swiftSettings: strict),
    .target(name: "Page", dependencies: ["Formats", "Journal", "KHOINS", "Ledger", "System"], swiftSettings: strict),
    .systemLibrary(name: "CFastCGI", providers: [.apt(["libfcgi-dev"])]),
    .target(name: "FastCGI", dependencies: ["CFastCGI", "CLinux", "Formats", "System"], swiftSettings: strict),
    .target(
        name: "Gateway",
        dependencies: [
            "CLinux", "Formats", "Journal", "KHOINS", "Ledger", "Page", "System",
        ],
        swiftSettings: strict),
    .target(
        name: "Operations",
        dependencies: [
            "CLinux", "FastCGI", "Formats", "Gateway", "Journal", "KHOINS", "Ledger", "Page", "System",
        ],
        swiftSettings: strict),
    .executableTarget(
        name: "khoins-callback",
        dependencies: [
            "FastCGI", "Formats", "Gateway", "Journal", "KHOINS", "Ledger", "Operations", "System",
            .target(name: "Cluster", condition: inCluster),
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: strict),
]

/// What a test may look into.
let libraries: [Target.Dependency] = [
    "FastCGI", "Formats", "Gateway", "Journal", "KHOINS", "Ledger", "Operations", "Page", "System",
]

/// What libFuzzer runs, for `scripts/fuzz` alone: building the program knows nothing of fuzzers.
let fuzzers: [Target] = [
    .target(name: "LibFuzzer", path: "Tests/Fuzzing/Targets/LibFuzzer", swiftSettings: strict),
    fuzzer("FuzzCallback", "Formats", "Journal", "KHOINS", "Ledger", "MutatedCallbacks"),
    fuzzer("FuzzFastCGI", "FastCGI", "Gateway", "System"),
    fuzzer("FuzzImport", "Formats", "Journal", "Ledger", "Operations"),
    fuzzer("FuzzJournal", "Formats", "Journal", "KHOINS", "Ledger"),
    fuzzer("FuzzPage", "Formats", "Journal", "Ledger", "Page"),
    fuzzer("FuzzSettings", "Gateway"),
]

func fuzzer(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies + ["LibFuzzer"], path: "Tests/Fuzzing/Targets/\(name)",
        swiftSettings: strict)
}

let package = Package(
    name: "khoins-callback",
    products: [
        .executable(name: "khoins-callback", targets: ["khoins-callback"])
    ],
    traits: [
        .trait(name: "Cluster", description: "Several servers that agree on one order, through etcd.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    ],
    targets: layers + (Context.environment["KHOINS_FUZZING"] == nil ? [] : fuzzers) + [
        .target(
            name: "MutatedCallbacks", dependencies: ["Formats", "KHOINS"], path: "Tests/MutatedCallbacks",
            swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["FastCGI", "Formats", "Journal", "Ledger", "System"],
            path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(name: "SystemTests", dependencies: ["System", "TestSupport"], swiftSettings: strict),
        .testTarget(name: "FormatsTests", dependencies: ["Formats", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "KHOINSTests", dependencies: ["Formats", "KHOINS", "MutatedCallbacks", "TestSupport"],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "JournalTests", dependencies: ["Formats", "Journal", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "LedgerTests", dependencies: ["Formats", "Journal", "KHOINS", "Ledger", "System", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "ClusterTests",
            dependencies: [
                "khoins-callback", "Cluster", "FastCGI", "Formats", "Journal", "Ledger", "System", "TestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "PageTests", dependencies: ["Formats", "Journal", "Ledger", "Page", "System", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "FastCGITests", dependencies: ["FastCGI", "System", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "GatewayTests",
            dependencies: ["Formats", "Gateway", "Journal", "KHOINS", "Ledger", "Page", "System", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["khoins-callback", "TestSupport"] + libraries, exclude: ["Fixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["khoins-callback", "TestSupport"] + libraries, swiftSettings: strict),
        .testTarget(name: "CostTests", dependencies: ["khoins-callback", "TestSupport"] + libraries, swiftSettings: strict),
        .testTarget(
            name: "HostileTests", dependencies: ["khoins-callback", "TestSupport"] + libraries, swiftSettings: strict),
        .testTarget(
            name: "FaultTests", dependencies: ["khoins-callback", "TestSupport"] + libraries, swiftSettings: strict),
    ]
)
