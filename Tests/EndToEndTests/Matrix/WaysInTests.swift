import TestSupport
import Testing

@Suite("The ways in")
struct WaysInTests {
    /// Each test takes those that it can; this one says which are left out.
    @Test("can all be tested here", .needs(WayIn.allNeeds))
    func all() {
        #expect(WayIn.testable() == WayIn.allCases)
    }
}
