import Formats

/// What stands around every page.
struct Frame {
    enum Section {
        case overview, list, topups
    }

    /// What the tab's sign shows.
    enum Health {
        case well, ill, uncertain

        fileprivate var colour: StaticString {
            switch self {
            case .well: "%2300725a"
            case .ill: "%23b83a0a"
            case .uncertain: "%238a5600"
            }
        }
    }

    var title: String
    var section: Section?
    var health = Health.well
    /// The overview needs the first sheet alone.
    var hasFurtherStyle = true
    /// The newest entry that the page knows; one that is given looks for newer ones by itself.
    var polledPosition: UInt64?
    /// The query of this very page, for the link to the other language.
    var query = ""
    /// Whose page it is: the host's name.
    var host = ""
    var zone: Zone
    var version: String

    /// The page with this around it.
    func page(_ body: borrowing HTML, isSignedIn: Bool) -> [UInt8] {
        var frame = HTML(body.language)
        var html = HTML(body.language)
        // The menu's drawings belong to the page, which defines what it uses before it is used.
        if isSignedIn { header(&frame) } else { bareHeader(&frame) }
        frame.raw("<main id=\"m\"><div class=\"w\">")
        frame.append(body)
        frame.raw("</div></main>")
        if isSignedIn { footer(&frame) }
        head(&html)
        html.raw("<body")
        if let polledPosition {
            html.raw(" data-poll=")
            html.number(Int(clamping: polledPosition))
        }
        html.raw(">")
        symbols(&html, frame.icons)
        if isSignedIn {
            html.raw("<a class=\"skip\" href=\"#m\">")
            html.say("Langsung ke isi", "Skip to content")
            html.raw("</a>")
        }
        html.append(frame)
        html.raw("<script>")
        html.raw(Assets.script)
        html.raw("</script></body></html>\n")
        return html.bytes
    }

    private func head(_ html: inout HTML) {
        html.raw("<!doctype html><html lang=\"")
        html.plain(html.language.rawValue)
        html.raw("\"><head><meta charset=\"utf-8\">")
        html.raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        html.raw("<meta name=\"referrer\" content=\"same-origin\"><meta name=\"robots\" content=\"noindex\"><title>")
        html.plain(title)
        html.raw(" · ")
        html.say("Callback KHOINS", "KHOINS callbacks")
        html.raw("</title><link rel=\"icon\" href=\"data:image/svg+xml,")
        html.raw("%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E")
        if health == .well {
            html.raw("%3Ccircle cx='8' cy='8' r='7.5' fill='")
            html.raw(health.colour)
            html.raw("'/%3E%3Cpath d='m4.6 8.3 2.4 2.4 4.4-5' fill='none' stroke='white' stroke-width='1.9'/%3E")
        } else {
            html.raw("%3Cpath d='M8 1 15.4 14.4H.6z' fill='")
            html.raw(health.colour)
            html.raw("'/%3E%3Cpath d='M8 5.8v4' stroke='white' stroke-width='1.8'/%3E")
            html.raw("%3Ccircle cx='8' cy='12.1' r='1' fill='white'/%3E")
        }
        html.raw("%3C/svg%3E\"><style>")
        html.raw(Assets.style)
        if hasFurtherStyle {
            html.raw("</style><style>")
            html.raw(Assets.furtherStyle)
        }
        html.raw("</style></head>")
    }

    private func symbols(_ html: inout HTML, _ icons: IconSet) {
        html.raw("<svg class=\"vh\" width=\"1\" height=\"1\" aria-hidden=\"true\">")
        for icon in Icon.allCases where icons.contains(icon) {
            html.raw("<symbol id=\"")
            html.raw(icon.name)
            html.raw("\" viewBox=\"0 0 16 16\">")
            html.raw(icon.shape)
            html.raw("</symbol>")
        }
        html.raw("</svg>")
    }

    private func header(_ html: inout HTML) {
        html.raw("<header><div class=\"w\">")
        brand(&html)
        html.raw("<div class=\"me\">")
        otherLanguage(&html)
        html.raw("<form method=\"post\" action=\"?keluar\"><button>")
        html.say("Keluar", "Sign out")
        html.raw("</button></form></div><form class=\"find\" method=\"post\" action=\"?cari\" role=\"search\">")
        html.raw("<input name=\"q\" type=\"search\" maxlength=\"200\" aria-label=\"")
        html.say("TRX ID, nomor tujuan, atau SN", "TRX ID, number or SN")
        html.raw("\" placeholder=\"")
        html.say("TRX ID, nomor tujuan, atau SN", "TRX ID, number or SN")
        html.raw("\" autocomplete=\"off\" enterkeyhint=\"search\"><button>")
        html.say("Cari", "Search")
        html.raw("</button></form><nav aria-label=\"")
        html.say("Menu utama", "Main menu")
        html.raw("\"><ul>")
        item(&html, .overview, "panel", .overview, "Ringkasan", "Overview")
        item(&html, .list, "?daftar", .list, "Transaksi", "Transactions")
        item(&html, .topups, "?saldo", .topups, "Isi saldo", "Top-ups")
        html.raw("</ul></nav></div></header>")
    }

    private func bareHeader(_ html: inout HTML) {
        html.raw("<header><div class=\"w\">")
        brand(&html)
        html.raw("<div class=\"me\">")
        otherLanguage(&html)
        html.raw("</div></div></header>")
    }

    private func item(
        _ html: inout HTML, _ section: Section, _ link: StaticString, _ icon: Icon, _ indonesian: StaticString,
        _ english: StaticString
    ) {
        html.raw("<li><a href=\"")
        html.raw(link)
        html.raw(section == self.section ? "\" aria-current=\"page\">" : "\">")
        html.icon(icon)
        html.say(indonesian, english)
        html.raw("</a></li>")
    }

    private func brand(_ html: inout HTML) {
        html.raw(
            """
            <a class="brand" href="panel"><svg viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" \
            rx="6" fill="var(--link)"/><path d="M12 4.5v8m-3.4-3.2 3.4 3.4 3.4-3.4M5.5 13.5v3a2 2 0 0 0 2 2h9a2 2 0 0 \
            0 2-2v-3" fill="none" stroke="var(--s)" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>\
            </svg><span>
            """)
        html.say("Callback KHOINS", "KHOINS callbacks")
        html.raw(" <small>")
        html.plain(host)
        html.raw("</small></span></a>")
    }

    private func otherLanguage(_ html: inout HTML) {
        let other = html.language.other
        html.raw("<a href=\"?")
        if !query.isEmpty {
            html.plain(query)
            html.raw("&amp;")
        }
        html.raw("hl=")
        html.plain(other.rawValue)
        html.raw("\" lang=\"")
        html.plain(other.rawValue)
        html.raw("\" hreflang=\"")
        html.plain(other.rawValue)
        html.raw("\" aria-label=\"")
        html.raw(other.choose("ID: Indonesia", "EN: English"))
        html.raw("\">")
        html.raw(other.choose("ID", "EN"))
        html.raw("</a>")
    }

    private func footer(_ html: inout HTML) {
        html.raw("<footer><div class=\"w\"><span>khoins-callback ")
        html.plain(version)
        html.raw("</span><span>")
        html.say("Waktu: ", "Times are ")
        html.plain(zone.rawValue)
        html.say(
            ". Hari dihitung menurut saat status datang.", ". Days are those on which a status came.")
        html.raw("</span></div></footer>")
    }
}
