import ArgumentParser
import FastCGI
import Gateway
import Glibc
import Operations
import System

let argumentsAsGiven = ProcessArguments.all()
Signals.ignoreWriteSignals()
let environment = SettingsSource.environment
let invocation = Invocation(
    environment: environment, hasArguments: argumentsAsGiven.count > 1, processID: getpid(),
    isListening: ListeningSocket.isListening)
switch invocation {
case .cgi:
    ProcessPrivacy.protect()
    CGIService.run(environment: environment, version: Version.description)
case .fastCGI(let descriptor):
    ProcessPrivacy.protect()
    FastCGIService.run(
        onHandedOver: descriptor, environment: environment, version: Version.description, committer: committer)
case .command:
    ShopTelling.version.withLock { $0 = Version.number }
    KHOINSCallbackCommand.runOrExit(Array(argumentsAsGiven.dropFirst()))
case .usage:
    let help = KHOINSCallbackCommand.helpMessage(columns: Terminal.errorWidth)
    StandardError.write(KHOINSCallbackCommand.foldingUsage(in: help, to: Terminal.errorWidth) + "\n")
    exit(ExitStatus.usage.rawValue)
}
