import Testing

/// Everything that is done to the program on purpose. One at a time: each keeps the machine busy by itself.
@Suite("Faults", .serialized) struct Faults {}
