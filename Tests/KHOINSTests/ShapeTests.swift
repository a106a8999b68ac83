import Formats
import KHOINS
import Testing

struct ShapeTests {
    @Test("Every shape is read in full", arguments: Shape.all)
    func readsInFull(_ shape: Shape) throws {
        #expect(try CallbackReader.read(shape.body, arrival: .arrival) == shape.expected)
    }

    @Test("A report encoded once or twice more reads the same", arguments: Shape.all)
    func opensStringsInStrings(_ shape: Shape) throws {
        var inner = shape.inner
        for _ in 1...2 {
            var writer = JSONWriter()
            writer.string(inner)
            inner = String(decoding: writer.bytes, as: UTF8.self)
            var again = try CallbackReader.read(Shape.body(outer: shape.outer, message: inner), arrival: .arrival)
            again.messageDigest = shape.expected.messageDigest
            #expect(again == shape.expected)
        }
    }

    @Test("A report that is an object instead of a string reads the same")
    func takesObjects() throws {
        for shape in Shape.all where !shape.expected.damaged {
            var again = try read(#"{\#(shape.outer),"message":\#(shape.inner)}"#)
            again.messageDigest = shape.expected.messageDigest
            #expect(again == shape.expected)
        }
    }

    @Test("Only top-ups without an id carry a digest, and it depends on the message alone")
    func digestsMessages() throws {
        let first = try read(#"{"memberid":"m","message":"abc"}"#)
        #expect(first.messageDigest == "ba7816bf")
        #expect(try read(#"{"amount":1,"message":"\u0061bc","memberid":"m"}"#).messageDigest == "ba7816bf")
        #expect(try read(#"{"memberid":"m"}"#).messageDigest == "e3b0c442")
        #expect(try read(#"{"memberid":"m","message":{"a":1}}"#).messageDigest == "015abd7f")
        #expect(try read(#"{"memberid":"m","trxid":"1","message":"abc"}"#).messageDigest == "")
    }
}
