// See counters.hpp.
#include "engine/known_counts.hpp"

#include <algorithm>
#include <array>

#include "pg/catalog.hpp"
#include "pg/transaction.hpp"
#include "engine/recount.hpp"
#include "engine/journal.hpp"

namespace pgqrs::engine {
namespace {

constexpr std::array kTables = {"queues", "messages", "archive", "departures"};

}  // namespace

bool may_know_counts() {
    return has_shared_memory() && !pg::has_transaction_snapshot() && !pg::is_in_recovery() &&
           std::all_of(kTables.begin(), kTables.end(),
                       [](const char* table) { return pg::can_read_all(pg::relation_oid(table)); });
}

std::optional<QueueState> state_of(Oid messages, std::int32_t queue_id, std::string_view name,
                                   bool& patient) {
    const OwnChange own = own_change(messages, queue_id);
    QueueMarks& queue = marks_of(messages, queue_id);
    auto state = known_state(queue);
    if (!state && patient && !own.touched && take_recount(queue)) {
        patient = recount(messages, queue_id, name);
        state = known_state(queue);
    }
    if (!state || !own.known) {
        return std::nullopt;
    }
    state->counts.add(own.change);
    core::lower(state->marks, touched_so_far(marks_of(messages, queue_id)));
    return state;
}

}  // namespace pgqrs::engine
