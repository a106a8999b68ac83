import Formats
import Journal
import Ledger

/// What the shop was told of one record, for a person: nothing where nobody tells it.
package enum TellingSheet {
    package static func print(_ tellings: [CursorReader.Telling], _ zone: Zone) {
        if tellings.isEmpty { return }
        StandardOutput.writeLine("")
        var table = Table(
            [
                .init("SHOP TOLD"), .init("ENTRY", .right), .init("BY"), .init("TRIES", .right), .init("LAST ANSWER"),
                .init("NEXT TRY"),
            ], write: StandardOutput.writeLine)
        for telling in tellings {
            for told in telling.told {
                table.append([
                    told.isGivenUp ? .init("given up", .red) : .init(LocalTime(told.time, zone).text),
                    .init(told.position.description), .init(telling.cursor), .init(grouped(told.tries)),
                    .init(told.answer), .init(""),
                ])
            }
            for line in telling.waiting {
                table.append([
                    .init("not yet", .yellow), .init(line.position.description), .init(telling.cursor),
                    .init(grouped(line.tries)), .init(line.answer ?? "waits for the one before"),
                    .init(LocalTime(line.next, zone).text),
                ])
            }
        }
        table.finish()
    }
}
