import Testing

@testable import KHOINS

struct CutTests {
    @Test("A report cut off anywhere yields no value that the whole does not hold", arguments: Shape.all)
    func everyCut(_ shape: Shape) throws {
        let scalars = Array(shape.inner.unicodeScalars)
        for length in scalars.indices {
            var inner = String.UnicodeScalarView()
            inner.append(contentsOf: scalars[..<length])
            let body = Shape.body(outer: shape.outer, message: String(inner))
            let cut = try CallbackReader.read(body, arrival: .arrival)
            #expect(cut.contradictions(to: shape.expected).isEmpty, "\(String(inner)) gave \(cut)")
            #expect(cut.damaged)
        }
    }

    @Test("A report of escapes cut off anywhere, even inside one, yields no other value", arguments: Shape.all)
    func everyCutOfEscapes(_ shape: Shape) throws {
        let inner = shape.inner.replacingText().utf8.map { String(Unicode.Scalar($0)) }
        for length in inner.indices {
            let body = Shape.body(outer: shape.outer, message: inner[..<length].joined())
            let cut = try CallbackReader.read(body, arrival: .arrival)
            #expect(cut.contradictions(to: shape.expected).isEmpty, "\(inner[..<length].joined()) gave \(cut)")
        }
    }

    @Test("A report cut off inside a character yields no other value", arguments: Shape.all)
    func everyByte(_ shape: Shape) throws {
        let end = Array(#""}"#.utf8)
        let escaped = shape.body.dropLast(end.count)
        let start = Shape.body(outer: shape.outer, message: "").count - end.count
        for length in start..<escaped.count where !shape.body.isEscaped(at: length) {
            let cut = try CallbackReader.read(escaped[..<length] + end, arrival: .arrival)
            #expect(cut.contradictions(to: shape.expected).isEmpty)
        }
    }

    @Test("What was seen whole before the cut is kept")
    func keepsWhole() throws {
        let inner =
            #"{"tujuan":"08","trxid":"1","status":"Success","message":"R#1 Transaksi TH10 ke 08 Harga:5 SUKSES. "#
            + "SN: 12. Saldo: 7#@24/0"
        let cut = try CallbackReader.read(Shape.body(outer: "", message: inner), arrival: .arrival)
        #expect(
            cut
                == .expected(
                    .transaction, "1", serialNumber: "12", product: "TH10", destination: "08", price: 5, balance: 7,
                    text: "R#1 Transaksi TH10 ke 08 Harga:5 SUKSES. SN: 12. Saldo: 7#@24/0", damaged: true))
    }

    @Test(
        "A contradiction is noticed",
        arguments: [
            \Callback.trxid, \.providerStatus, \.serialNumber, \.product, \.destination, \.reason, \.memberid,
            \.providerTime, \.text,
        ] as [any WritableKeyPath<Callback, String?> & Sendable])
    func noticesContradictions(_ field: any WritableKeyPath<Callback, String?> & Sendable) {
        var whole = Callback.expected(.transaction, "1")
        whole[keyPath: field] = "12"
        var cut = whole
        #expect(cut.contradictions(to: whole).isEmpty)
        cut[keyPath: field] = "2"
        #expect(cut.contradictions(to: whole).count == 1)
        cut = whole
        cut.status = .failed
        #expect(cut.contradictions(to: whole) == ["status"])
    }
}

extension Callback {
    /// The fields that say something else than `whole` does; saying less is no contradiction.
    func contradictions(to whole: Callback) -> [String] {
        var found: [String] = []
        if kind != whole.kind { found.append("kind") }
        if status != .unknown, status != whole.status { found.append("status") }
        let texts: [(String, KeyPath<Callback, String?>)] = [
            ("trxid", \.trxid), ("providerStatus", \.providerStatus), ("serialNumber", \.serialNumber),
            ("product", \.product), ("destination", \.destination), ("reason", \.reason), ("memberid", \.memberid),
            ("providerTime", \.providerTime),
        ]
        for (name, field) in texts where self[keyPath: field] != nil && self[keyPath: field] != whole[keyPath: field] {
            found.append(name)
        }
        let amounts: [(String, KeyPath<Callback, Int?>)] = [
            ("price", \.price), ("amount", \.amount), ("balance", \.balance),
        ]
        for (name, field) in amounts where self[keyPath: field] != nil && self[keyPath: field] != whole[keyPath: field]
        {
            found.append(name)
        }
        if let text, whole.text?.unicodeScalars.starts(with: text.unicodeScalars) != true { found.append("text") }
        return found
    }
}

extension String {
    /// Everything but ASCII as `\u` escapes.
    fileprivate func replacingText() -> String {
        utf16.map { unit in
            guard unit >= 0x80 else { return String(Unicode.Scalar(UInt8(unit))) }
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
    }
}
