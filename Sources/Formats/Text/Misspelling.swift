/// Which word somebody meant who has written another one.
package enum Misspelling {
    /// The nearest of some words: two letters more, fewer or other ones at most. `nil` if none is that near.
    package static func nearest(to word: String, among words: [String]) -> String? {
        let distances = words.map { (word: $0, distance: distance(word, $0)) }
        return distances.filter { $0.distance <= 2 }.min { $0.distance < $1.distance }?.word
    }

    /// How many letters are to be put in, taken out or replaced to make one word of another (Levenshtein).
    private static func distance(_ word: String, _ other: String) -> Int {
        let (word, other) = (Array(word.utf8), Array(other.utf8))
        var row = Array(0...other.count)
        for (i, letter) in word.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, candidate) in other.enumerated() {
                (diagonal, row[j + 1]) = (
                    row[j + 1], min(diagonal + (letter == candidate ? 0 : 1), row[j] + 1, row[j + 1] + 1)
                )
            }
        }
        return row[other.count]
    }
}
