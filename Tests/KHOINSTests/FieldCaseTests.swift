import Formats
import Foundation
import KHOINS
import Testing

/// Bodies as the field sends them, with what has to come of each: `Fixtures/cases.jsonl`, one a line.
struct FieldCaseTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var body: [UInt8]
        var expectations: [Expectation]

        var testDescription: String { name }
    }

    enum Expectation: Sendable {
        case isRead
        case file(String)
        case kind(String)
        case status(String)
        case statusNot([String])
        case damaged(Bool)
        case text(String, String?)
        case balance(Int)
    }

    private static let arrival = Timestamp(CivilTime(year: 2026, month: 11, day: 24, hour: 13, minute: 38, second: 10))

    static let all: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/cases.jsonl")
        let lines = (try? Data(contentsOf: file))?.split(separator: UInt8(ascii: "\n")) ?? []
        return lines.compactMap { try? Case(line: Array($0)) }
    }()

    @Test("All cases are there")
    func isComplete() {
        #expect(Self.all.count == 39)
        #expect(Self.all.allSatisfy { !$0.expectations.isEmpty && !$0.body.isEmpty })
    }

    @Test("A body of the field is read as it has to be", arguments: all)
    func readsAsExpected(_ field: Case) throws {
        let callback = try CallbackReader.read(field.body, arrival: Self.arrival)
        for expectation in field.expectations {
            switch expectation {
            case .isRead: break
            case .file(let path):
                #expect("transactions/\(callback.trxid ?? "").json" == path)
                #expect(callback.kind == .transaction)
            case .kind(let kind): #expect(callback.kind.rawValue == kind)
            case .status(let status): #expect(callback.status.rawValue == status)
            case .statusNot(let statuses): #expect(!statuses.contains(callback.status.rawValue))
            case .damaged(let damaged): #expect(callback.damaged == damaged)
            case .text("serialNumber", let value): #expect(callback.serialNumber == value)
            case .text("reason", let value): #expect(callback.reason == value)
            case .text("trxid", let value): #expect(callback.trxid == value)
            case .text(let key, _): Issue.record("no such field: \(key)")
            case .balance(let balance): #expect(callback.balance == balance)
            }
        }
    }
}

extension FieldCaseTests.Case {
    fileprivate init(line: [UInt8]) throws {
        let value = try JSONParser.parse(line)
        name = try #require(value["name"]?.string)
        if let text = value["body"]?.string {
            body = Array(text.utf8)
        } else {
            body = Array(try #require(Data(base64Encoded: value["bodyBase64"]?.string ?? "")))
        }
        guard case .object(let members)? = value["expect"] else {
            expectations = []
            return
        }
        expectations = try members.map { member in
            switch member.key {
            case "answer": .isRead
            case "file": .file(try #require(member.value.string))
            case "kind": .kind(try #require(member.value.string))
            case "status": .status(try #require(member.value.string))
            case "statusNot": .statusNot((member.value.array ?? []).compactMap(\.string))
            case "damaged": .damaged(try #require(member.value.bool as Bool?))
            case "balance": .balance(try #require(member.value.integer))
            default: .text(member.key, member.value.string)
            }
        }
    }
}
