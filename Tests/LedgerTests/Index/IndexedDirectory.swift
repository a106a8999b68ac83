import KHOINS
import TestSupport
import Testing

@testable import Formats
@testable import Journal
@testable import Ledger
@testable import System

/// One of many random things that happen to a shop's orders, top-ups among them.
struct TradeStep {
    private static let hour = 3_600
    private static let products = ["TH10", "PLN20", "TSEL5"]
    private static let reasons = ["Nomor tujuan salah", "Stok kosong", "Gangguan"]

    let submission: Submission

    /// - Parameter second: When it comes, at about; what is imported came earlier.
    init(_ second: Int, orders: Int, using generator: inout SeededGenerator) {
        let number = Int.random(in: 1...orders, using: &generator)
        let id = "KH-\(number)"
        let product = Self.products[number % 3]
        let destination = "08120000\(number % 7)"
        var time = Timestamp.test(second)
        let isImported = Int.random(in: 0..<4, using: &generator) == 0
        if isImported { time = .test(second - Int.random(in: 0..<(60 * Self.hour), using: &generator)) }
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: submission = Submission(.test(id, product: product, destination: destination, at: time))
        case 1:
            let amount = Int.random(in: 1...3, using: &generator) * 10_000
            let inner =
                #"{\"memberid\":\"toko\",\"status\":\"Success\",\"message\":\"Tiket Member toko SUKSES. Saldo: \#(second)#\"}"#
            var delivery = Delivery.test(
                body: Array(
                    #"{"memberid":"toko","amount":\#(amount),"trxid":\#(number % 5),"message":"\#(inner)"}"#.utf8),
                at: time)
            delivery.imported = isImported
            submission = Submission(delivery)
        case 2: submission = Submission(.test(body: Array("no callback \(second)".utf8), at: time))
        default:
            let status = Status.allCases.randomElement(using: &generator) ?? .success
            let price = "\(Int.random(in: 1...3, using: &generator)).500"
            let reason = Self.reasons.randomElement(using: &generator) ?? ""
            let text =
                status == .success
                ? "R#\(id) [1]>>>Transaksi \(product) ke \(destination) Harga:\(price) SUKSES. "
                    + "SN: 1234-5678-\(number)/NAMA/R1. Saldo: \(second)"
                : "R#\(id) Transaksi \(product) ke \(destination) GAGAL. ket: \(reason)"
            var delivery = Delivery.test(id, status.rawValue, text: text, at: time)
            delivery.imported = isImported
            submission = Submission(delivery)
        }
    }
}

/// The same questions, asked with an index and without one.
struct IndexComparison {
    private let folder: DataFolder
    private let now: Timestamp

    init(_ folder: DataFolder, now: Timestamp) {
        self.folder = folder
        self.now = now
    }

    func reader(isIndexed: Bool) throws -> RecordReader {
        guard let reader = try RecordReader(path: folder.path, minimumIndexed: isIndexed ? 0 : .max) else {
            throw LedgerError.damaged(path: folder.path)
        }
        return reader
    }

    /// Looks at all of the index.
    func useAll() throws {
        let reader = try reader(isIndexed: true)
        guard let index = reader.index(isPatient: true) else { return }
        _ = index.sums()
        for selection in Self.selections(now) { _ = try Self.ids(reader, selection) }
        for word in Self.words { _ = try RecordSearch(word).map { try reader.exactly($0, by: index)?.count } }
    }

    private static let words = ["08120000-3", "toko", "1234-5678-3", "123456783NAMAR1"]

    /// Says where the two differ.
    func expectSame(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let indexed = try reader(isIndexed: true)
        let plain = try reader(isIndexed: false)
        let opened = indexed.index(isPatient: true)
        let index = try #require(opened, sourceLocation: sourceLocation)
        // Of a record of which a part was dropped, it is not always known any more which deliveries were imported.
        if index.hasSums || !index.tellsOfArchive { try compareSums(index, indexed, plain, sourceLocation) }
        for zone in [Zone.wib, .wit] {
            let left = try RecentDays(indexed, now: now, zone: zone, dayCount: 14)
            let right = try RecentDays(plain, now: now, zone: zone, dayCount: 14)
            #expect(Self.words(left) == Self.words(right), sourceLocation: sourceLocation)
        }
        for selection in Self.selections(now) {
            let found = try Self.ids(indexed, selection)
            let expected = try Self.ids(plain, selection)
            if index.tellsOfArchive {
                // Without an index, all that is archived comes behind all that is not.
                #expect(Set(found) == Set(expected), "\(selection)", sourceLocation: sourceLocation)
                #expect(found == found.sorted { $0.place > $1.place }, "\(selection)", sourceLocation: sourceLocation)
            } else {
                #expect(found == expected, "\(selection)", sourceLocation: sourceLocation)
            }
            guard let middle = found.dropFirst(found.count / 2).first?.place else { continue }
            let rest = try Self.ids(indexed, selection, before: middle)
            #expect(rest == found.filter { $0.place < middle }, "\(selection)", sourceLocation: sourceLocation)
        }
        for word in Self.words {
            guard let search = RecordSearch(word) else { continue }
            let exact = try indexed.exactly(search, by: index)
            let found = try #require(exact, sourceLocation: sourceLocation).map(\.name.path)
            var expected: Set<String> = []
            try plain.records(progress: { _, _ in }) { stored in
                guard let record = stored.record else { return }
                let said = record.deliveries.compactMap { try? CallbackReader.read($0.body, arrival: $0.receivedAt) }
                if ([record.callback] + said).contains(where: { Self.names($0, word) }) {
                    expected.insert(stored.name.path)
                }
            }
            #expect(Set(found) == expected, "\(word)", sourceLocation: sourceLocation)
        }
    }

    private func compareSums(
        _ index: RecordIndex, _ indexed: borrowing RecordReader, _ plain: borrowing RecordReader,
        _ sourceLocation: SourceLocation
    ) throws {
        func before(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: now.microseconds - seconds * 1_000_000) }
        // Whole hours and broken ones, some within one hour.
        let ranges: [(since: Timestamp?, until: Timestamp?)] = [
            (nil, nil), (before(30 * 3_600 + 1_234), before(7_321)), (before(9_999), nil),
            (nil, before(20 * 3_600 + 1)),
            (before(2_000), before(1_000)),
        ]
        for dimension in [.all, .product, .reason] as [RecordIndex.Dimension] {
            let group: @Sendable (Record) -> String = { record in
                switch dimension {
                case .all: LocalTime(record.receivedAt, .wita).day
                case .product: record.callback.product ?? "-"
                case .reason: record.status == .success ? "-" : record.callback.reason ?? "-"
                }
            }
            for (since, until) in ranges {
                var tally = Tally(group: group)
                let isTold = try tally.add(index, indexed, by: dimension, since: since, until: until, zone: .wita)
                if dimension == .product, index.hasDoubtfulProducts, !isTold { continue }
                #expect(isTold, sourceLocation: sourceLocation)
                var selection = RecordSelection()
                selection.since = since
                selection.until = until
                var expected = Tally(group: group)
                try plain.records(progress: { _, _ in }) { stored in
                    if let record = stored.record, selection.wants(record) { expected.add(record) }
                }
                let sums = tally.sums.filter { $0.value != Tally.Sum() }
                #expect(sums == expected.sums, "\(selection)", sourceLocation: sourceLocation)
                #expect(tally.unclear == expected.unclear, sourceLocation: sourceLocation)
                #expect(tally.answerTimes.sorted() == expected.answerTimes.sorted(), sourceLocation: sourceLocation)
                #expect(tally.waitingSince.sorted() == expected.waitingSince.sorted(), sourceLocation: sourceLocation)
            }
        }
    }

    /// Whether a callback has a member of these letters and digits.
    private static func names(_ callback: Callback, _ word: String) -> Bool {
        let token = callback.serialNumber?.split(separator: "/").first.map { String($0) }
        return [callback.destination, callback.serialNumber, token, callback.memberid].contains {
            $0?.filter { $0 != "-" && $0 != "/" && $0 != " " }.lowercased()
                == word.filter { $0 != "-" }.lowercased()
        }
    }

    private static func words(_ days: RecentDays) -> [String] {
        [
            "\(days.hours)", "\(days.days)", "\(days.reasons)", "\(days.late)", "\(days.lateCount)",
            "\(days.reversed) \(days.unclear) \(days.arrivals)",
        ]
    }

    private static func selections(_ now: Timestamp) -> [RecordSelection] {
        var all: [RecordSelection] = []
        func add(_ change: (inout RecordSelection) -> Void) {
            var selection = RecordSelection()
            change(&selection)
            all.append(selection)
        }
        for status in Status.allCases { add { $0.statuses = [status] } }
        for mark in RecordSelection.Mark.allCases { add { $0.marks = [mark] } }
        add {
            $0.marks = [.unclear]
            $0.statuses = [.unknown]
        }
        add { $0.kind = .topup }
        add { $0.destination = "08120000 3" }
        add {
            $0.statuses = [.success, .failed]
            $0.kind = .transaction
            $0.since = Timestamp(microseconds: now.microseconds - 40 * 3_600_000_000)
            $0.until = Timestamp(microseconds: now.microseconds - 2 * 3_600_000_000)
        }
        return all
    }

    private struct Listed: Hashable {
        var path: String
        var place: Position
    }

    private static func ids(
        _ reader: borrowing RecordReader, _ selection: RecordSelection, before: Position? = nil
    ) throws -> [Listed] {
        var found: [Listed] = []
        try reader.newestFirst(selection, before: before) { stored in
            found.append(Listed(path: stored.name.path, place: stored.record?.statusPosition ?? .first))
            return true
        }
        return found
    }
}
