#if Cluster
    import Formats
    import NIOCore
    import NIOHTTP1
    import NIOPosix
    import System

    /// This server's own etcd, over its gateway for JSON. Calls wait, each on the thread that makes it, one at a time.
    package final class EtcdClient: EtcdStore {
        /// Milliseconds for an answer. Nobody knows then what became of the request.
        private static let timeout = 1_000
        /// Milliseconds until a connection must stand.
        private static let connectTimeout = 500

        private let address: EtcdAddress
        private let group: MultiThreadedEventLoopGroup
        private var channel: (any Channel)?

        package init(_ address: EtcdAddress) {
            self.address = address
            group = JobControl.startingDeaf { MultiThreadedEventLoopGroup(numberOfThreads: 1) }
        }

        deinit {
            channel?.close(promise: nil)
            group.shutdownGracefully { _ in }
        }

        package func commit(_ transaction: EtcdTransaction) throws(EtcdFailure) -> EtcdAnswer {
            let bytes = try post("/v3/kv/txn", transaction.json)
            guard let answer = EtcdAnswer(json: bytes) else { throw EtcdFailure("its answer cannot be read") }
            return answer
        }

        package func sizeInUse() throws(EtcdFailure) -> Int {
            guard let size = try ask("/v3/maintenance/status")["dbSizeInUse"]?.count else {
                throw EtcdFailure("its answer cannot be read")
            }
            return size
        }

        /// Asks something that needs no words.
        package func ask(_ path: String) throws(EtcdFailure) -> JSONValue {
            guard let value = try? JSONParser.parse(try post(path, Array("{}".utf8))) else {
                throw EtcdFailure("its answer cannot be read")
            }
            return value
        }

        private func post(_ path: String, _ body: [UInt8]) throws(EtcdFailure) -> [UInt8] {
            let answer: EtcdExchange.Answer
            do {
                let channel = try connected()
                let promise = channel.eventLoop.makePromise(of: EtcdExchange.Answer.self)
                let deadline = channel.eventLoop.scheduleTask(in: .milliseconds(Int64(Self.timeout))) {
                    promise.fail(EtcdFailure("no answer within \(Self.timeout) ms"))
                    // What comes late must not be taken for the next answer.
                    channel.close(promise: nil)
                }
                channel.writeAndFlush(EtcdExchange.Request(path: path, body: body, promise: promise)).whenFailure {
                    promise.fail($0)
                }
                defer { deadline.cancel() }
                answer = try promise.futureResult.wait()
            } catch {
                channel?.close(promise: nil)
                channel = nil
                throw error as? EtcdFailure ?? EtcdFailure("\(address.url): \(error)")
            }
            guard answer.status == .ok else {
                let words = (try? JSONParser.parse(answer.body))?["error"]?.string
                throw EtcdFailure(words ?? "it answered \(answer.status.code)")
            }
            return answer.body
        }

        private func connected() throws -> any Channel {
            if let channel, channel.isActive { return channel }
            let channel = try ClientBootstrap(group: group)
                .connectTimeout(.milliseconds(Int64(Self.connectTimeout)))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { [host = "\(address.host):\(address.port)"] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(EtcdExchange(host: host))
                    }
                }
                .connect(to: SocketAddress(ipAddress: address.host, port: address.port)).wait()
            self.channel = channel
            return channel
        }
    }

    /// Requests and their answers on one connection, one after the other.
    private final class EtcdExchange: ChannelDuplexHandler {
        typealias InboundIn = HTTPClientResponsePart
        typealias OutboundIn = Request
        typealias OutboundOut = HTTPClientRequestPart

        struct Request: Sendable {
            var path: String
            var body: [UInt8]
            var promise: EventLoopPromise<Answer>
        }

        struct Answer: Sendable {
            var status: HTTPResponseStatus
            var body: [UInt8] = []
        }

        private let host: String
        private var promise: EventLoopPromise<Answer>?
        private var answer = Answer(status: .ok)

        init(host: String) { self.host = host }

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let request = unwrapOutboundIn(data)
            self.promise = request.promise
            var headers = HTTPHeaders()
            headers.add(name: "Host", value: host)
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: String(request.body.count))
            let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: request.path, headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            let body = context.channel.allocator.buffer(bytes: request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.write(wrapOutboundOut(.end(nil)), promise: promise)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): answer = Answer(status: head.status)
            case .body(let part): answer.body += part.readableBytesView
            case .end:
                promise?.succeed(answer)
                promise = nil
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            end(EtcdFailure("it closed the connection"))
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            end(error)
            context.close(promise: nil)
        }

        private func end(_ error: any Error) {
            promise?.fail(error)
            promise = nil
        }
    }
#endif
