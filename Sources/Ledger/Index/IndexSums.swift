import Formats
import KHOINS

/// Adds up what records come to, by hour, kind and status, by product and by reason.
struct IndexSums {
    /// Rupiah that no price has: with it, sums of all could be anything.
    private static let absurd = 1 << 50

    private var sums: [UInt64: IndexedSum] = [:]
    private var numbers: [String: UInt16] = [:]
    private var labels: [String] = []
    /// What was asked for last, of products and of reasons: mostly the same again.
    private var lastProduct: (text: String, label: UInt16)?
    private var lastReason: (text: String, label: UInt16)?
    private var answers: [IndexContent.Answer] = []
    private var magnitude = 0

    init() {}

    /// Goes on behind what was added up before.
    init(_ content: IndexContent) {
        for (key, sum) in content.sums { sums[key.packed] = sum }
        for (index, label) in content.labels.enumerated() { numbers[label] = UInt16(index) }
        labels = content.labels
        answers = content.answers
        magnitude = content.magnitude
    }

    /// Adds what a record comes to, or with a sign of -1 takes it away.
    mutating func count(_ state: IndexedState, _ sign: Int) {
        let hour = state.hour
        let rupiah = state.rupiah &* sign
        let group = IndexedKind.group(state.kind, IndexedKind.index(of: state.status))
        let size = Int(clamping: state.rupiah.magnitude)
        magnitude = size > Self.absurd ? .max : magnitude.addingSaturated(size)
        sums[SumKey(hour: hour, group: group).packed, default: IndexedSum()].add(sign, rupiah)
        var last = lastProduct
        let product = label(state.product ?? "-", &last)
        lastProduct = last
        sums[SumKey(hour: hour, group: group, .product, label: product).packed, default: IndexedSum()]
            .add(sign, rupiah)
        last = lastReason
        let reason = label(state.status == .success ? "-" : state.reason ?? "-", &last)
        lastReason = last
        sums[SumKey(hour: hour, group: group, .reason, label: reason).packed, default: IndexedSum()]
            .add(sign, rupiah)
        if state.isReversed { mark(hour, state.kind, IndexedKind.reversed, sign) }
        if state.isUnclear { mark(hour, state.kind, IndexedKind.unclear, sign) }
        if let answer = state.answer {
            answers.append(IndexContent.Answer(hour: hour, milliseconds: sign > 0 ? answer : -1 - answer))
        }
    }

    private mutating func mark(_ hour: Int32, _ kind: Callback.Kind, _ what: UInt8, _ sign: Int) {
        sums[SumKey(hour: hour, group: IndexedKind.group(kind, what)).packed, default: IndexedSum()].add(sign, 0)
    }

    private mutating func label(_ text: String, _ last: inout (text: String, label: UInt16)?) -> UInt16 {
        if let last, last.text == text { return last.label }
        let label = label(text)
        last = (text, label)
        return label
    }

    private mutating func label(_ text: String) -> UInt16 {
        if let known = numbers[text] { return known }
        guard labels.count < IndexContent.maximumLabels, text.utf8.count <= 200 else { return IndexContent.otherLabel }
        let label = UInt16(labels.count)
        numbers[text] = label
        labels.append(text)
        return label
    }

    /// Tells a content all that was added up.
    func put(into content: inout IndexContent) {
        content.sums = sums.filter { $0.value != IndexedSum() }.map { (SumKey(packed: $0.key), $0.value) }
            .sorted { $0.key.packed < $1.key.packed }
        content.labels = labels
        content.answers = answers
        content.magnitude = magnitude
    }
}
