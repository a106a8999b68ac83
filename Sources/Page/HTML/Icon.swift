/// The drawings of the page. Each status has a silhouette of its own, so that it is known without its colour.
enum Icon: Int, CaseIterable {
    case success, failed, waiting, unclear, reversed, over, alarm, overview, list, topups

    /// What it is called within the page.
    var name: StaticString {
        switch self {
        case .success: "o"
        case .failed: "x"
        case .waiting: "w"
        case .unclear: "q"
        case .reversed: "r"
        case .over: "e"
        case .alarm: "a"
        case .overview: "h"
        case .list: "l"
        case .topups: "p"
        }
    }

    /// The drawing, 16 by 16.
    var shape: StaticString {
        switch self {
        case .success:
            """
            <circle cx="8" cy="8" r="7.5" fill="currentColor"/><path d="m4.6 8.3 2.4 2.4 4.4-5" fill="none" \
            stroke="var(--s)" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"/>
            """
        case .failed:
            """
            <rect x="1" y="1" width="14" height="14" rx="2.5" fill="currentColor"/>\
            <path d="m5.2 5.2 5.6 5.6m0-5.6-5.6 5.6" stroke="var(--s)" stroke-width="1.9" stroke-linecap="round"/>
            """
        case .waiting:
            """
            <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" stroke-width="1.8"/>\
            <path d="M8 4.4V8l2.3 1.7" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>
            """
        case .unclear:
            """
            <path d="M8 .6 15.4 8 8 15.4.6 8z" fill="currentColor"/>\
            <path d="M6.4 6.3a1.6 1.6 0 1 1 2.4 1.4c-.6.3-.8.6-.8 1.2" fill="none" stroke="var(--s)" \
            stroke-width="1.5" stroke-linecap="round"/><circle cx="8" cy="11" r=".95" fill="var(--s)"/>
            """
        case .reversed:
            """
            <path d="M3.2 7.2h6.3a3.2 3.2 0 0 1 0 6.4H6M6 4.2l-3 3 3 3" fill="none" stroke="currentColor" \
            stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>
            """
        case .over:
            """
            <circle cx="8" cy="8" r="6.6" fill="none" stroke="currentColor" stroke-width="1.8"/>\
            <path d="M4.8 8h6.4" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>
            """
        case .alarm:
            """
            <path d="M8 1 15.4 14.4H.6z" fill="currentColor"/>\
            <path d="M8 5.8v4" stroke="var(--s)" stroke-width="1.8" stroke-linecap="round"/>\
            <circle cx="8" cy="12.1" r="1" fill="var(--s)"/>
            """
        case .overview:
            """
            <path d="M2 13.5v-5M6 13.5v-9M10 13.5v-6M14 13.5v-11" stroke="currentColor" stroke-width="2" \
            stroke-linecap="round"/>
            """
        case .list:
            """
            <path d="M2 3.5h12M2 8h12M2 12.5h8" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/>
            """
        case .topups:
            """
            <path d="M8 2v8m-3.2-3L8 10.2 11.2 7M2.5 13.8h11" fill="none" stroke="currentColor" stroke-width="1.8" \
            stroke-linecap="round" stroke-linejoin="round"/>
            """
        }
    }
}

/// Which drawings a page uses.
struct IconSet {
    private var bits: UInt16 = 0

    mutating func insert(_ icon: Icon) { bits |= 1 << UInt16(icon.rawValue) }

    mutating func formUnion(_ other: IconSet) { bits |= other.bits }

    func contains(_ icon: Icon) -> Bool { bits & 1 << UInt16(icon.rawValue) != 0 }
}
