import ArgumentParser
import FastCGI
import Gateway
import Glibc
import Operations
import System

let arguments = ProcessArguments.all()
Signals.ignoreWriteSignals()
let environment = SettingsSource.environment
let invocation = Invocation(
    environment: environment, hasArguments: arguments.count > 1, processID: getpid(),
    isListening: ListeningSocket.isListening)
switch invocation {
case .cgi:
    ProcessPrivacy.protect()
    CGIService.run(environment: environment)
case .fastCGI(let descriptor):
    ProcessPrivacy.protect()
    FastCGIService.run(onHandedOver: descriptor, environment: environment)
case .command: KHOINSCallbackCommand.runOrExit(Array(arguments.dropFirst()))
case .usage:
    let help = KHOINSCallbackCommand.helpMessage(columns: Terminal.errorWidth)
    StandardError.write(KHOINSCallbackCommand.foldingUsage(in: help, to: Terminal.errorWidth) + "\n")
    exit(ExitStatus.usage.rawValue)
}
