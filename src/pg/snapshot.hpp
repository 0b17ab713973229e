// A snapshot that outlives the subtransaction in which it was taken.
#pragma once

#include "pg/compat.hpp"

namespace pgqrs::pg {

// Belongs to the transaction, or subtransaction, in which this was constructed: take() may come in one
// inside of that. Without release() it goes when that fails.
class HeldSnapshot {
public:
    HeldSnapshot() : owner_(CurrentResourceOwner) {}
    HeldSnapshot(const HeldSnapshot&) = delete;
    HeldSnapshot& operator=(const HeldSnapshot&) = delete;

    // Of everything committed by now.
    void take();
    // What a statement that begins now sees: in REPEATABLE READ and SERIALIZABLE the transaction's.
    void take_current();
    void release();
    Snapshot get() const { return snapshot_; }

private:
    ResourceOwner owner_;
    Snapshot snapshot_ = nullptr;
};

}  // namespace pgqrs::pg
