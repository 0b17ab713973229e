// See subtransaction.hpp.
#include "pgqrs/pg/subtransaction.hpp"

#include "pgqrs/pg/guard.hpp"

namespace pgqrs::pg {

Subtransaction::Subtransaction() : memory_(CurrentMemoryContext), resources_(CurrentResourceOwner) {
    guard([&] {
        BeginInternalSubTransaction(nullptr);
        MemoryContextSwitchTo(memory_);
    });
}

void Subtransaction::keep() { end(ReleaseCurrentSubTransaction); }

void Subtransaction::undo() { end(RollbackAndReleaseCurrentSubTransaction); }

void Subtransaction::end(void (*ending)()) {
    guard([&] {
        ending();
        MemoryContextSwitchTo(memory_);
        CurrentResourceOwner = resources_;
    });
}

}  // namespace pgqrs::pg
