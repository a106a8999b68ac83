// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
    name: "khoins-callback",
    products: [
        .executable(name: "khoins-callback", targets: ["khoins-callback"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        .systemLibrary(name: "CFastCGI", providers: [.apt(["libfcgi-dev"])]),
        .target(name: "KHOINSCallback", swiftSettings: strict),
        .systemLibrary(name: "CLinux"),
        .target(name: "Ledger", dependencies: ["CLinux", "KHOINSCallback"], swiftSettings: strict),
        .target(
            name: "Gateway",
            dependencies: ["CFastCGI", "CLinux", "KHOINSCallback", "Ledger", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .executableTarget(
            name: "khoins-callback",
            dependencies: [
                "Gateway", "KHOINSCallback", "Ledger",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KHOINSCallbackTests", dependencies: ["KHOINSCallback"], exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(name: "LedgerTests", dependencies: ["KHOINSCallback", "Ledger"], swiftSettings: strict),
        .testTarget(name: "GatewayTests", dependencies: ["Gateway", "KHOINSCallback", "Ledger"], swiftSettings: strict),
        .testTarget(
            name: "CommandTests", dependencies: ["khoins-callback", "Gateway", "KHOINSCallback", "Ledger"],
            exclude: ["Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests", dependencies: ["khoins-callback", "KHOINSCallback", "Ledger"],
            swiftSettings: strict),
        .testTarget(name: "CostTests", swiftSettings: strict),
        // Support and WaysIn are links to those of EndToEndTests.
        .testTarget(
            name: "HostileTests", dependencies: ["khoins-callback", "KHOINSCallback", "Ledger"],
            exclude: ["Support/SupportTests.swift"], swiftSettings: strict),
        .testTarget(
            name: "FaultTests", dependencies: ["khoins-callback", "KHOINSCallback", "Ledger"], swiftSettings: strict),
        .testTarget(
            name: "FollowTests", dependencies: ["khoins-callback", "KHOINSCallback", "Ledger"], swiftSettings: strict),
    ]
)
