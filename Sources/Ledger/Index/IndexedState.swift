import Formats
import Journal
import KHOINS

/// What a record comes to in the sums, and where it has its place in a listing.
struct IndexedState: Equatable {
    var kind: Callback.Kind
    var status: Status
    /// In milliseconds since 1970, as a record's file has it.
    var receivedAt: Int64
    var rupiah: Int
    var product: String?
    var reason: String?
    var isReversed = false
    var isUnclear = false
    var isDamaged: Bool
    var place: Position?
    /// Milliseconds from a noted order to its end.
    var answer: Int64?

    /// What an entry makes that is the first one about its record.
    init(_ callback: Callback, at time: Timestamp, _ position: Position) {
        kind = callback.kind
        status = callback.status
        receivedAt = time.milliseconds
        rupiah = (kind == .topup ? callback.amount : callback.price) ?? 0
        product = callback.product
        reason = callback.reason
        isDamaged = callback.damaged
        place = position
    }

    init(_ record: Record) {
        self.init(record.callback, at: record.receivedAt, .first)
        isReversed = record.reversed
        isUnclear = record.unclear
        place = record.statusPosition
        if kind == .transaction, status.isFinal, let expected = record.expected?.at.milliseconds, expected <= receivedAt
        {
            answer = receivedAt - expected
        }
    }

    var hour: Int32 { Int32(clamping: receivedAt.floorDivided(by: 3_600_000)) }
}

/// What entries are counted with: 1 to 14, which a byte has room for.
struct IndexedKind {
    static let count = 14
    /// In sums, beside a kind's statuses.
    static let reversed: UInt8 = 8
    static let unclear: UInt8 = 9

    /// In a column: behind these four bits, whether the entry is where its record stands, and what the record bears.
    static let mask: UInt8 = 0x0F
    static let place: UInt8 = 0x10
    static let bearsReversed: UInt8 = 0x20
    static let bearsUnclear: UInt8 = 0x40
    static let bearsDamaged: UInt8 = 0x80

    static func index(of status: Status) -> UInt8 {
        switch status {
        case .success: 0
        case .failed: 1
        case .expired: 2
        case .cancelled: 3
        case .refunded: 4
        case .pending: 5
        case .unknown: 6
        }
    }

    static let statuses: [Status] = [.success, .failed, .expired, .cancelled, .refunded, .pending, .unknown]

    /// In a column.
    static func code(_ kind: Callback.Kind, _ status: Status) -> UInt8 {
        1 + (kind == .topup ? 7 : 0) + index(of: status)
    }

    /// In sums.
    static func group(_ kind: Callback.Kind, _ what: UInt8) -> UInt8 { (kind == .topup ? 16 : 0) + what }
}

/// What a sum is of, in one number, so that it costs little to look up.
struct SumKey {
    enum Dimension: UInt8 {
        /// All there are.
        case all
        case product
        case reason
    }

    let packed: UInt64

    init(packed: UInt64) {
        self.packed = packed
    }

    init(hour: Int32, group: UInt8, _ dimension: Dimension = .all, label: UInt16 = 0) {
        packed =
            UInt64(UInt32(bitPattern: hour)) << 32 | UInt64(group) << 24 | UInt64(dimension.rawValue) << 16
            | UInt64(label)
    }

    var hour: Int32 { Int32(bitPattern: UInt32(packed >> 32)) }
    var group: UInt8 { UInt8(truncatingIfNeeded: packed >> 24) }
    var dimension: UInt8 { UInt8(truncatingIfNeeded: packed >> 16) }
    var label: UInt16 { UInt16(truncatingIfNeeded: packed) }
}

struct IndexedSum: Equatable {
    var count = 0
    var rupiah = 0

    mutating func add(_ count: Int, _ rupiah: Int) {
        self.count &+= count
        self.rupiah &+= rupiah
    }
}

/// What is looked for by a whole number, SN, token or member.
enum IndexedKey {
    /// Bits of a hash that are kept.
    static let hashBits = 40
    static let ordinalBits = 24

    /// Takes in a text's letters and digits, one after the other. Stands in files, so it never changes.
    private struct Hash {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325
        private var isEmpty = true

        @inline(__always)
        mutating func take(_ byte: UInt8) {
            state = (state ^ UInt64(byte)) &* 0x0100_0000_01B3
            isEmpty = false
        }

        /// `nil` where there were none.
        var value: UInt64? {
            if isEmpty { return nil }
            var hash = state
            hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
            hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
            return (hash ^ hash >> 31) >> UInt64(64 - hashBits)
        }
    }

    /// The hash of a text's letters and digits alone (`lettersAndDigits`); `nil` where there are none.
    static func hash(_ text: String) -> UInt64? { hash(text[...]) }

    static func hash(_ text: Substring) -> UInt64? {
        var text = text
        return text.withUTF8 { bytes in
            var hash = Hash()
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): hash.take(byte)
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): hash.take(byte | 0x20)
                case 0x80...:
                    var hash = Hash()
                    for byte in String(decoding: bytes, as: UTF8.self).lettersAndDigits { hash.take(byte) }
                    return hash.value
                default: continue
                }
            }
            return hash.value
        }
    }

    /// Of what a callback names.
    static func hashes(_ callback: Callback) -> [UInt64] {
        var hashes: [UInt64] = []
        func add(_ text: Substring?) {
            if let hash = text.flatMap({ Self.hash($0) }), !hashes.contains(hash) { hashes.append(hash) }
        }
        add(callback.destination?[...])
        if let number = callback.serialNumber {
            add(number[...])
            if let slash = number.utf8.firstIndex(of: UInt8(ascii: "/")) { add(number[..<slash]) }
        }
        add(callback.memberid?[...])
        if callback.kind == .topup { add(callback.trxid?[...]) }
        return hashes
    }
}

extension String {
    /// The letters and digits alone, letters small: numbers and tokens are written with spaces and dashes, and without.
    var lettersAndDigits: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): bytes.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
            case 0x80...: return lowercased().utf8.filter(Self.isKept)
            default: continue
            }
        }
        return bytes
    }

    private static func isKept(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 26 || byte >= 0x80
    }
}
