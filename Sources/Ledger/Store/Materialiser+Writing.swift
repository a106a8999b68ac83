import System

extension Materialiser {
    /// Records that are prepared at a time; each takes a descriptor.
    private static let maximumPrepared = 128

    /// Makes the bytes of all changed records, which `write` needs.
    func encode() {
        for draft in changed { _ = draft.encoded() }
    }

    /// Makes the files of new records, to which `write` gives their names. Nothing must be applied in between.
    package func prepare(for store: borrowing RecordStore) {
        for draft in changed.prefix(Self.maximumPrepared) { draft.prepare(for: store) }
    }

    /// Writes every changed record and every rejected delivery.
    ///
    /// - Parameter worker: Takes part where there are many; without it, a new one does.
    /// - Returns: The records that something lies in the way of; all others are written, but for unchecked ones whose name
    ///   is taken, which stay changed.
    package func write(
        to store: borrowing RecordStore, with worker: Worker? = nil
    ) throws(LedgerError) -> [RecordName: LedgerError] {
        var failures: [RecordName: LedgerError] = [:]
        let drafts = changed.filter(\.hasRecord)
        changed = []
        if drafts.count <= Self.maximumPrepared {
            for draft in drafts { draft.prepare(for: store) }
            try write(drafts[...], to: store, &failures)
        } else {
            try writeMany(drafts, to: store, worker ?? Worker(), &failures)
        }
        for delivery in rejected {
            do throws(LedgerError) {
                try store.write(delivery)
            } catch {
                guard error.concernsOneRecord else { throw error }
                rejectedFailure = error
            }
        }
        return failures
    }

    /// Of many, as after a restart of the machine, another thread makes files while this one gives others their names,
    /// which the kernel does for one at a time.
    private func writeMany(
        _ drafts: [RecordDraft], to store: borrowing RecordStore, _ worker: Worker,
        _ failures: inout [RecordName: LedgerError]
    ) throws(LedgerError) {
        try withUnsafePointer(to: store) { (pointer) throws(LedgerError) in
            let pipeline = FilePipeline(drafts, maximum: Self.maximumPrepared, for: pointer)
            defer { pipeline.stop() }
            while let prepared = pipeline.next(by: worker) { try write(prepared, to: store, &failures) }
        }
    }

    private func write(
        _ drafts: ArraySlice<RecordDraft>, to store: borrowing RecordStore,
        _ failures: inout [RecordName: LedgerError]
    ) throws(LedgerError) {
        for draft in drafts {
            do throws(LedgerError) {
                if try !draft.write(to: store) { changed.append(draft) }
            } catch {
                guard error.concernsOneRecord else { throw error }
                failures[draft.name] = error
            }
        }
    }
}
