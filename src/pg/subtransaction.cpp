#include "pg/subtransaction.hpp"

namespace pgqrs::pg {
namespace {

ErrorData* copy_into(MemoryContext context, ErrorData* error) {
    if (error == nullptr) {
        return nullptr;
    }
    MemoryContextSwitchTo(context);
    try {
        guard([&] { ReThrowError(error); });
    } catch (const Error& copy) {
        return copy.data();
    }
    return nullptr;
}

}  // namespace

Subtransaction::Subtransaction() : memory_(CurrentMemoryContext), resources_(CurrentResourceOwner) {
    guard([&] {
        BeginInternalSubTransaction(nullptr);
        MemoryContextSwitchTo(memory_);
    });
}

void Subtransaction::keep() { end(ReleaseCurrentSubTransaction); }

void Subtransaction::undo() { end(RollbackAndReleaseCurrentSubTransaction); }

Error Subtransaction::undo_after(const Error& error) {
    ErrorData* copy = copy_into(memory_, error.data());
    undo();
    return Error(copy);
}

void Subtransaction::end(void (*ending)()) {
    MemoryContextSwitchTo(memory_);  // the current one can be of the subtransaction
    guard([&] {
        ending();
        MemoryContextSwitchTo(memory_);
        CurrentResourceOwner = resources_;
    });
}

}  // namespace pgqrs::pg
