import Glibc
import System

/// A connection to a server, with a limit on how long each step may take.
struct ClientSocket: ~Copyable {
    /// Which link of the chain broke.
    enum Failure: Error, Equatable {
        case address(String)
        case connect(LedgerError)
        case exchange(LedgerError)

        var words: String {
            switch self {
            case .address(let reason): reason
            case .connect(let error), .exchange(let error): error.reason
            }
        }
    }

    private static let timeoutSeconds = 10

    private let descriptor: Int32

    /// Connects to a unix socket.
    init(unix path: String) throws(Failure) {
        descriptor = try Self.connected(unix: path)
    }

    /// Connects to a port of a host, at the first of its addresses that answers.
    ///
    /// - Parameter isNumeric: The host is an address, and no name server is to be asked.
    init(host: String, port: String, isNumeric: Bool = false) throws(Failure) {
        descriptor = try Self.connected(host: host, port: port, isNumeric: isNumeric)
    }

    private static func connected(unix path: String) throws(Failure) -> Int32 {
        guard let address = UnixAddress(path) else { throw .address("the path is too long for a socket") }
        let descriptor = try make(AF_UNIX)
        do throws(LedgerError) { try address.connect(descriptor) } catch {
            close(descriptor)
            throw .connect(error)
        }
        return descriptor
    }

    private static func connected(host: String, port: String, isNumeric: Bool) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = isNumeric ? AI_NUMERICHOST | AI_NUMERICSERV : AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, port, &hints, &found)
        guard code == 0 else { throw .address(String(cString: gai_strerror(code))) }
        defer { freeaddrinfo(found) }
        var reason = Failure.address("it has no address")
        var next = found
        while let address = next?.pointee {
            let descriptor = try make(address.ai_family)
            do throws(LedgerError) {
                try finalSystemCall("connect", host) { connect(descriptor, address.ai_addr, address.ai_addrlen) }
                return descriptor
            } catch {
                reason = .connect(error)
            }
            close(descriptor)
            next = address.ai_next
        }
        throw reason
    }

    deinit {
        close(descriptor)
    }

    private static func make(_ family: Int32) throws(Failure) -> Int32 {
        let descriptor: Int32
        do throws(LedgerError) { descriptor = try Socket.make(family) } catch { throw .connect(error) }
        // Connecting obeys the time for sending (socket(7)).
        var time = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
        return descriptor
    }

    func send(_ bytes: [UInt8]) throws(Failure) {
        do throws(LedgerError) { try Socket.send(bytes, to: descriptor) } catch { throw .exchange(error) }
    }

    /// All that comes until the server has nothing more to say, or about `limit` bytes.
    func receiveAll(limit: Int = 65_536) throws(Failure) -> [UInt8] {
        do throws(LedgerError) { return try Descriptor.readAll(descriptor, "a socket", limit: limit) } catch {
            throw .exchange(error)
        }
    }
}
