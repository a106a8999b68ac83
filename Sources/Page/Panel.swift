import Formats
import Journal
import KHOINS
import Ledger
import System

/// The operators' page: read only, for who knows its key. Looks at the data directory as any other reader does; takes no
/// lock, writes nothing into records or journal.
package struct Panel: Sendable {
    /// What the page is called at the end of its address; no token can have that name.
    package static let name = "panel"
    /// Days that the overview tells of.
    private static let dayCount = 14
    /// Records that may wait and are looked at for an overview.
    private static let maximumWaiting = 500
    private static let cookieName = "__Host-khoins"
    /// Seconds for which a browser stays signed in.
    private static let cookieAge: Int64 = 30 * 86_400

    private let keys: PageKeys
    private let directory: String
    private let zone: Zone
    private let version: String
    private let patience: Int
    private let trustsProxy: Bool

    /// - Parameters:
    ///   - directory: The data directory.
    ///   - version: As `--version` tells it.
    ///   - trustsProxy: A proxy in front of the web server ends https, and says so of each request.
    ///   - patience: Milliseconds for counting what is not counted yet.
    package init(
        keys: PageKeys, directory: String, zone: Zone, version: String, trustsProxy: Bool = false,
        patience: Int = RecordIndex.patience
    ) {
        self.keys = keys
        self.directory = directory
        self.zone = zone
        self.version = version
        self.patience = patience
        self.trustsProxy = trustsProxy
    }

    private typealias State = (failure: String?, cluster: ClusterOverview?)

    /// Why a request was refused, for the log.
    package enum Refusal: String, Sendable {
        case key
        case guesses
        case origin
        case cookie
    }

    /// Answers a request.
    ///
    /// - Parameters:
    ///   - cluster: Says how the other servers are, where there are some.
    ///   - failure: Says why no callback can be stored now, in words; `nil` if one can. Both are asked for the overview
    ///     alone.
    package func answer(
        _ request: PanelRequest, now: Timestamp, cluster: () -> ClusterOverview? = { nil }, failure: () -> String?
    ) -> (response: PanelResponse, refusal: Refusal?) {
        var (response, refusal) = decided(request, now: now, state: { (failure(), cluster()) })
        if request.has("hl") {
            response.headers.append(
                (
                    "Set-Cookie",
                    "khoins-hl=\(request.language.rawValue); Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly"
                ))
        }
        return (response, refusal)
    }

    private func decided(
        _ request: PanelRequest, now: Timestamp, state: () -> State
    ) -> (PanelResponse, Refusal?) {
        if !request.isPrivate, !(trustsProxy && request.isForwardedFromHTTPS) {
            return (form(request, .notPrivate(address: "https://\(request.host)\(Self.path(request))")), .cookie)
        }
        let isSignedIn = request.cookie(Self.cookieName).map { keys.isSignedIn($0, now: now.seconds) } ?? false
        if request.method == "POST" {
            guard request.isFromHere else { return (form(request, .none), .origin) }
            if request.has("masuk") { return signIn(request, now) }
            if request.has("keluar") { return (signOut(request), nil) }
            guard isSignedIn else { return (form(request, .none), .cookie) }
            if request.has("cari") {
                return (reading(request) { () throws(LedgerError) in try search(request, now) }, nil)
            }
            return (redirect(request), nil)
        }
        guard isSignedIn else { return (form(request, .none), .cookie) }
        return (reading(request) { () throws(LedgerError) in try page(request, now, state) }, nil)
    }

    /// The page's own path, as the browser asked for it, is not known to CGI programs in all set-ups; the host is.
    private static func path(_ request: PanelRequest) -> String {
        request.path.isEmpty ? "/laporan/khoins/\(name)" : request.path
    }

    // MARK: Signing in

    private func signIn(_ request: PanelRequest, _ now: Timestamp) -> (PanelResponse, Refusal?) {
        let guesses = Guesses(in: directory)
        guard guesses.isOpen(now: now.seconds) else {
            var response = form(request, .tooMany, status: .tooManyRequests)
            response.headers.append(("Retry-After", String(Guesses.pause)))
            return (response, .guesses)
        }
        guard let key = keys.opened(by: Array((request.field("key") ?? "").utf8)) else {
            guesses.count(now: now.seconds)
            return (form(request, .wrong), .key)
        }
        let cookie = keys.cookie(for: key, until: now.seconds + Self.cookieAge)
        var response = redirect(request)
        response.headers.append(
            (
                "Set-Cookie",
                "\(Self.cookieName)=\(cookie); Path=/; Max-Age=\(Self.cookieAge); Secure; HttpOnly; SameSite=Lax"
            ))
        return (response, nil)
    }

    private func signOut(_ request: PanelRequest) -> PanelResponse {
        var response = redirect(request)
        response.headers.append(
            ("Set-Cookie", "\(Self.cookieName)=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax"))
        return response
    }

    /// To the page with another query, in words relative to its place, which a browser knows and this program may not.
    /// Where the browser asked with a slash at the end, the page's name belongs to the place.
    private func redirect(_ request: PanelRequest, _ query: String = "") -> PanelResponse {
        var response = PanelResponse(.seeOther)
        response.headers.append(("Location", (request.path.hasSuffix("/") ? "./" : Self.name) + query))
        return response
    }

    private func form(
        _ request: PanelRequest, _ note: SignInView.Note, status: PanelResponse.Status = .forbidden
    ) -> PanelResponse {
        var body = HTML(request.language, capacity: 4096)
        SignInView(note: note).write(&body)
        let frame = Frame(
            title: request.language.words("Masuk", "Sign in"), query: "", host: request.host, zone: zone,
            version: version)
        return PanelResponse(status, frame.page(body, isSignedIn: false))
    }

    // MARK: Pages

    /// Makes a page, or one that says why there is none.
    private func reading(
        _ request: PanelRequest, _ make: () throws(LedgerError) -> PanelResponse
    ) -> PanelResponse {
        do throws(LedgerError) { return try make() } catch {
            return problem(
                request, .unreadable(reason: error.explanation), request.language.words("Masalah", "Problem"),
                .unavailable)
        }
    }

    private func frame(_ request: PanelRequest, _ title: String, _ section: Frame.Section?) -> Frame {
        Frame(
            title: title, section: section, query: request.queryWithoutLanguage, host: request.host, zone: zone,
            version: version)
    }

    private func problem(
        _ request: PanelRequest, _ problem: ProblemView, _ title: String, _ status: PanelResponse.Status
    ) -> PanelResponse {
        var body = HTML(request.language, capacity: 4096)
        problem.write(&body)
        var frame = frame(request, title, .list)
        if status == .unavailable { frame.health = .ill }
        return PanelResponse(status, frame.page(body, isSignedIn: true))
    }

    private func page(
        _ request: PanelRequest, _ now: Timestamp, _ state: () -> State
    ) throws(LedgerError) -> PanelResponse {
        let wording = Wording(language: request.language, zone: zone)
        guard let records = try RecordReader(path: directory, patience: patience) else {
            if request.has("baru") { return PanelResponse(.nothingNew) }
            return empty(request, state().failure)
        }
        if request.has("baru") { return try news(request, records) }
        if let trxid = request.value("trx") {
            return try one(request, RecordName(trxid: trxid), called: trxid, records, wording)
        }
        if let file = request.value("isi") ?? request.value("berkas") {
            let folder = request.has("isi") ? "topups" : "transactions"
            return try one(request, RecordName(spelledOut: "\(folder)/\(file)"), called: file, records, wording)
        }
        if !request.has("csv"), let progress = records.indexProgress {
            return try counting(request, progress, records)
        }
        if request.has("daftar") { return try list(request, now, records, wording) }
        if request.has("saldo") { return try topups(request, now, records, wording) }
        if request.has("ditolak") { return try rejected(request, now, records, wording) }
        return try overview(request, now, records, wording, state())
    }

    private func empty(_ request: PanelRequest, _ failure: String?) -> PanelResponse {
        var body = HTML(request.language, capacity: 4096)
        let place = Self.path(request).split(separator: "/").dropLast().joined(separator: "/")
        ProblemView.noCallbackYet(address: "https://\(request.host)/\(place)").write(&body)
        var frame = frame(request, request.language.words("Belum ada callback", "No callback yet"), .overview)
        if failure != nil { frame.health = .ill }
        frame.polledPosition = 0
        return PanelResponse(.ok, frame.page(body, isSignedIn: true))
    }

    /// A page that comes back by itself until all is counted, a piece each time; with script or without.
    private func counting(
        _ request: PanelRequest, _ progress: IndexProgress, _ records: borrowing RecordReader
    ) throws(LedgerError) -> PanelResponse {
        var body = HTML(request.language, capacity: 4096)
        CountingView(
            percent: progress.done * 100 / max(progress.all, 1),
            callbacks: max((try records.journal.state().end?.number ?? 1) - 1, 0), query: request.queryWithoutLanguage
        ).write(&body)
        let section: Frame.Section =
            request.has("saldo") ? .topups : request.has("daftar") || request.has("ditolak") ? .list : .overview
        var frame = frame(request, request.language.words("Menghitung", "Counting"), section)
        frame.health = .uncertain
        var response = PanelResponse(.ok, frame.page(body, isSignedIn: true))
        response.headers.append(("Refresh", "1"))
        return response
    }

    /// Whether the journal goes on behind the entry that a page knows: one look at the commit note.
    private func news(_ request: PanelRequest, _ records: borrowing RecordReader) throws(LedgerError) -> PanelResponse {
        let known = request.value("baru").flatMap { Int($0) } ?? 0
        let newest = try records.journal.state().end?.number ?? 0
        var response = PanelResponse(newest == known ? .nothingNew : .ok)
        response.contentType = "text/plain; charset=utf-8"
        if response.status == .ok { response.body = Array("\(newest)\n".utf8) }
        return response
    }

    private func polled(_ frame: Frame, _ records: borrowing RecordReader) throws(LedgerError) -> Frame {
        var frame = frame
        frame.polledPosition = UInt64(try records.journal.state().end?.number ?? 0)
        return frame
    }

    private func overview(
        _ request: PanelRequest, _ now: Timestamp, _ records: borrowing RecordReader, _ wording: Wording,
        _ state: State
    ) throws(LedgerError) -> PanelResponse {
        var body = HTML(request.language)
        // Seen first, so that what comes meanwhile is looked at again.
        var frame = try polled(
            frame(request, request.language.words("Ringkasan", "Overview"), .overview), records)
        let tally = try RecentDays(
            records, now: now, zone: zone, dayCount: Self.dayCount, maximumWaiting: Self.maximumWaiting)
        let rejected = try records.rejectionCount(since: zone.midnight(of: now)).count
        let late = try CursorReader(path: directory).reports().filter {
            $0.isLate(now) && state.cluster?.otherTeller(of: $0.name) == nil
        }
        OverviewView(
            tally: tally, rejected: rejected, lateFollowers: late, failure: state.failure, cluster: state.cluster,
            now: now, wording: wording
        ).write(&body)
        if state.failure != nil { frame.health = .ill }
        frame.hasFurtherStyle = false
        return PanelResponse(.ok, frame.page(body, isSignedIn: true))
    }

    private func list(
        _ request: PanelRequest, _ now: Timestamp, _ records: borrowing RecordReader, _ wording: Wording
    ) throws(LedgerError) -> PanelResponse {
        let query = ListQuery(request, now: now, zone: zone)
        if request.has("csv") { return try table(records, query.selection, "transaksi") }
        let frame = try polled(frame(request, request.language.words("Transaksi", "Transactions"), .list), records)
        var body = HTML(request.language)
        let page = try ListPage(records, query.selection, before: query.before, length: ListQuery.pageLength)
        ListView(
            query: query, page: page, counts: try ListCounts(records, query),
            rejected: try records.rejectionCount().count, now: now, wording: wording
        ).write(&body)
        return PanelResponse(.ok, (query.before == nil ? frame : frame.still).page(body, isSignedIn: true))
    }

    private func topups(
        _ request: PanelRequest, _ now: Timestamp, _ records: borrowing RecordReader, _ wording: Wording
    ) throws(LedgerError) -> PanelResponse {
        var selection = RecordSelection()
        selection.kind = .topup
        if request.has("csv") { return try table(records, selection, "isi-saldo") }
        let before = request.value("sebelum").flatMap { Position($0) }
        var body = HTML(request.language)
        TopupsView(
            page: try ListPage(records, selection, before: before, length: ListQuery.pageLength),
            months: try TopupsView.Month.sums(records, now: now, zone: zone),
            tally: try RecentDays(records, now: now, zone: zone, dayCount: Self.dayCount, maximumWaiting: 0), now: now,
            wording: wording
        ).write(&body)
        let frame = frame(request, request.language.words("Isi saldo", "Top-ups"), .topups)
        return PanelResponse(.ok, frame.page(body, isSignedIn: true))
    }

    private func rejected(
        _ request: PanelRequest, _ now: Timestamp, _ records: borrowing RecordReader, _ wording: Wording
    ) throws(LedgerError) -> PanelResponse {
        let query = ListQuery(PanelRequest(method: "GET", query: []), now: now, zone: zone)
        var found: [StoredRejection] = []
        try records.rejected { stored in
            found.append(stored)
            return found.count < RejectedView.maximum
        }
        let all = try records.rejectionCount().count
        var body = HTML(request.language)
        RejectedView(
            rejections: found, all: all,
            chips: Chips(
                query: query, counts: try ListCounts(records, query), rejected: all, isRejected: true, wording: wording),
            wording: wording
        ).write(&body)
        let frame = frame(request, request.language.words("Ditolak", "Rejected"), .list)
        return PanelResponse(.ok, frame.page(body, isSignedIn: true))
    }

    private func one(
        _ request: PanelRequest, _ name: RecordName?, called id: String, _ records: borrowing RecordReader,
        _ wording: Wording
    ) throws(LedgerError) -> PanelResponse {
        let title = request.language.words("Tidak ada", "Not found")
        guard let name else { return problem(request, .missing(id: id), title, .notFound) }
        let stored: StoredRecord?
        do throws(LedgerError) { stored = try records.record(name) } catch {
            return damaged(request, name)
        }
        guard let stored else { return problem(request, .missing(id: id), title, .notFound) }
        if request.has("json") {
            var response = PanelResponse(.ok, stored.json)
            response.contentType = "application/json"
            return response
        }
        guard let record = stored.record else { return damaged(request, name) }
        var body = HTML(request.language)
        RecordView(name: name, record: record, wording: wording).write(&body)
        let frame = frame(
            request, record.callback.trxid ?? name.shown, record.callback.kind == .topup ? .topups : .list)
        return PanelResponse(.ok, frame.page(body, isSignedIn: true))
    }

    private func damaged(_ request: PanelRequest, _ name: RecordName) -> PanelResponse {
        problem(
            request, .damaged(path: name.path), request.language.words("Berkas rusak", "Damaged file"), .unavailable)
    }

    private func search(_ request: PanelRequest, _ now: Timestamp) throws(LedgerError) -> PanelResponse {
        let wording = Wording(language: request.language, zone: zone)
        var body = HTML(request.language)
        let frame = frame(request, request.language.words("Pencarian", "Search"), .list)
        guard let search = RecordSearch(request.field("q") ?? "") else {
            SearchHint().write(&body)
            return PanelResponse(.ok, frame.page(body, isSignedIn: true))
        }
        guard let records = try RecordReader(path: directory) else { return empty(request, nil) }
        let before = request.field("sebelum").flatMap { Position($0) }
        if before == nil, try search.isExact(records) {
            return redirect(request, "?trx=\(PercentEncoding.encoded(search.text))")
        }
        SearchView(text: search.text, results: try search.run(records, before: before), now: now, wording: wording)
            .write(&body)
        return PanelResponse(.ok, frame.page(body, isSignedIn: true))
    }

    /// Records as a table for a spreadsheet.
    private func table(
        _ records: borrowing RecordReader, _ selection: RecordSelection, _ name: String
    ) throws(LedgerError) -> PanelResponse {
        var left = Self.maximumRows
        var bytes = ByteBuffer(capacity: 65_536)
        bytes.append(CSV.byteOrderMark)
        bytes.append(RecordTable.header())
        try records.newestFirst(selection) { (stored) throws(LedgerError) in
            if let record = stored.record { bytes.append(RecordTable.line(stored.name, record, zone)) }
            left -= 1
            return left > 0
        }
        var response = PanelResponse(.ok, bytes.bytes)
        response.contentType = "text/csv; charset=utf-8"
        response.headers.append(("Content-Disposition", "attachment; filename=\"\(name).csv\""))
        return response
    }

    private static let maximumRows = 50_000
}

extension Frame {
    /// A page that does not look for news: what it shows does not change.
    fileprivate var still: Frame {
        var still = self
        still.polledPosition = nil
        return still
    }
}
