import Formats
import KHOINS

/// Records as the lines of a table for a spreadsheet.
package enum RecordTable {
    /// What can be told of a record, named as in the first line.
    package enum Column: String, CaseIterable, Sendable {
        case time, zone, receivedAt, status, kind, trxid, memberid, product, destination, price, amount, balance
        case serialNumber, reason, providerStatus, providerTime, damaged, reversed, deliveries, file, unclear

        /// Of a number, its digits alone.
        package func text(_ name: RecordName, _ record: Record, _ zone: Zone) -> String {
            switch cell(name, record, zone) {
            case .text(let text): text ?? ""
            case .number(let number): number.map { String($0) } ?? ""
            case .value(let text): text
            }
        }

        fileprivate func cell(_ name: RecordName, _ record: Record, _ zone: Zone) -> CSV.Cell {
            let callback = record.callback
            return switch self {
            case .time: .value(LocalTime(record.receivedAt, zone).dateAndTime)
            case .zone: .text(zone.rawValue)
            case .receivedAt: .text(record.receivedAt.iso8601())
            case .status: .text(record.status.rawValue)
            case .kind: .text(callback.kind.rawValue)
            case .trxid: .text(callback.trxid)
            case .memberid: .text(callback.memberid)
            case .product: .text(callback.product)
            case .destination: .text(callback.destination)
            case .price: .number(callback.price)
            case .amount: .number(callback.amount)
            case .balance: .number(callback.balance)
            case .serialNumber: .text(callback.serialNumber)
            case .reason: .text(callback.reason)
            case .providerStatus: .text(callback.providerStatus)
            case .providerTime: .text(callback.providerTime)
            case .damaged: .text(callback.damaged ? "yes" : "")
            case .reversed: .text(record.reversed ? "yes" : "")
            case .deliveries: .number(record.deliveryCount)
            case .file: .text(name.path)
            case .unclear: .text(record.unclear ? "yes" : "")
            }
        }
    }

    package static func header(_ columns: [Column] = Column.allCases) -> String {
        columns.map(\.rawValue).joined(separator: ",") + "\r\n"
    }

    package static func line(
        _ name: RecordName, _ record: Record, _ zone: Zone, _ columns: [Column] = Column.allCases
    ) -> String {
        CSV.line(columns.map { $0.cell(name, record, zone) })
    }
}
