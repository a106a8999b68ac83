extension RecordName {
    /// A number for what must be told in order: the same for one record at all times. Two records may share one, and
    /// then wait for each other (FNV-1a).
    package var lane: UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in path.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }
}
