// A subtransaction of our own: what it did is kept, or undone together with its locks.
#pragma once

#include "pgqrs/pg/compat.hpp"

namespace pgqrs::pg {

// Begins at construction. End it with keep() or undo(); when an exception comes before, whoever
// handles the error rolls it back with all else.
class Subtransaction {
public:
    Subtransaction();
    Subtransaction(const Subtransaction&) = delete;
    Subtransaction& operator=(const Subtransaction&) = delete;

    void keep();
    void undo();

private:
    void end(void (*ending)());

    MemoryContext memory_;
    ResourceOwner resources_;
};

}  // namespace pgqrs::pg
