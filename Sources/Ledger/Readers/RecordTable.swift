import Formats
import KHOINS

/// Records as the lines of a table for a spreadsheet.
package enum RecordTable {
    package static let header =
        "time,zone,receivedAt,status,kind,trxid,memberid,product,destination,price,amount,balance,serialNumber,reason,"
        + "providerStatus,providerTime,damaged,reversed,deliveries,file,unclear\r\n"

    package static func line(_ name: RecordName, _ record: Record, _ zone: Zone) -> String {
        let callback = record.callback
        let time = LocalTime(record.receivedAt, zone)
        return CSV.line([
            .value(time.dateAndTime), .text(time.zone.rawValue), .text(record.receivedAt.iso8601()),
            .text(record.status.rawValue), .text(callback.kind.rawValue), .text(callback.trxid),
            .text(callback.memberid), .text(callback.product), .text(callback.destination), .number(callback.price),
            .number(callback.amount), .number(callback.balance), .text(callback.serialNumber), .text(callback.reason),
            .text(callback.providerStatus), .text(callback.providerTime), .text(callback.damaged ? "yes" : ""),
            .text(record.reversed ? "yes" : ""), .number(record.deliveryCount), .text(name.path),
            .text(record.unclear ? "yes" : ""),
        ])
    }
}
