import Glibc

/// Tries one input; traps if something is not as it should be.
package typealias FuzzTest = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

// libFuzzer's own entry point (llvm.org/docs/LibFuzzer.html, “Using libFuzzer as a library”): the package manager gives
// `main` to the target.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: FuzzTest
) -> CInt

/// Runs libFuzzer with the process's arguments; does not return.
package func fuzz(_ test: FuzzTest) -> Never {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, test))
}
