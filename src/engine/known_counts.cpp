#include "engine/known_counts.hpp"

#include "engine/access.hpp"
#include "engine/journal.hpp"
#include "engine/recount.hpp"
#include "engine/tables.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::engine {

bool may_know_counts(const Access& access) {
    return has_shared_memory() && !pg::has_transaction_snapshot() && !pg::is_in_recovery() &&
           can_read_all(access, {&kQueues, &kMessages, &kArchive, &kDepartures});
}

std::optional<QueueState> known_state(QueueMarks& queue, const Access& access, bool& patient) {
    const OwnChange own = own_change(queue);
    auto state = shared_state(queue);
    if (!state && patient && !own.any) {
        if (const std::optional<int> lock_patience = take_recount(queue)) {
            patient = recount(queue, access, *lock_patience);
            state = shared_state(queue);
        }
    }
    if (!state || !own.known) {
        return std::nullopt;
    }
    state->counts.add(own.change);
    core::lower(state->marks, own_marks(queue));
    return state;
}

}  // namespace pgqrs::engine
