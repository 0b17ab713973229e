// A subtransaction of our own: what it did is kept, or undone together with its locks.
//
// Code that begins one must end it, also after an error: PL/pgSQL's exception blocks and PostgreSQL's
// main loop roll back one level only, and would take ours for theirs.
#pragma once

#include "core/error.hpp"
#include "pg/compat.hpp"
#include "pg/guard.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::pg {

// Begins at construction; use try_in_subtransaction().
class Subtransaction {
public:
    Subtransaction();
    Subtransaction(const Subtransaction&) = delete;
    Subtransaction& operator=(const Subtransaction&) = delete;

    void keep();
    void undo();
    // Undoes it and answers the error as a copy, for the original can go with the subtransaction.
    Error undo_after(const Error& error);

private:
    void end(void (*ending)());

    MemoryContext memory_;
    ResourceOwner resources_;
};

// Runs `body`, which answers whether to keep what it did, in a subtransaction, and answers the same.
// What it did is undone, too, when it throws.
template <class Body>
bool try_in_subtransaction(Body&& body) {
    Subtransaction attempt;
    bool kept = false;
    try {
        kept = body();
        if (kept) {
            attempt.keep();
        }
    } catch (const Error& error) {
        throw attempt.undo_after(error);
    } catch (...) {
        attempt.undo();
        throw;
    }
    if (!kept) {
        attempt.undo();
    }
    return kept;
}

// The same for what is not why the caller came: whatever goes wrong is undone, and is no error. Only a
// cancelled call stays cancelled. Answers whether what `body` did was kept.
template <class Body>
bool try_besides(Body&& body) {
    try {
        return try_in_subtransaction(body);
    } catch (const Error& error) {
        if (is_cancel(error)) {
            throw;
        }
    } catch (const core::Error&) {
        return false;
    }
    return false;
}

}  // namespace pgqrs::pg
