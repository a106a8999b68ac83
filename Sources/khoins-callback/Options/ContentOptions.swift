import ArgumentParser
import Ledger

/// Which records a command is about, by what they say.
struct ContentOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only what says this: a TRX ID, a number, an SN, a token or a member, or a part of one of 3 characters or more.",
            valueName: "text"))
    var search: String?

    @Option(help: ArgumentHelp("Only this product, such as TH10.", valueName: "product"))
    var product: String?

    @Option(help: ArgumentHelp("Only to this number.", valueName: "number"))
    var destination: String?

    var isEmpty: Bool { search == nil && product == nil && destination == nil }

    func narrow(_ selection: inout RecordSelection) {
        selection.product = product
        selection.destination = destination
        selection.search = search.flatMap { RecordSearch($0) }
    }

    func validate() throws {
        if let search, RecordSearch(search) == nil {
            throw ValidationError("--search takes \(RecordSearch.minimumLength) characters or more, and 200 at most.")
        }
    }
}
