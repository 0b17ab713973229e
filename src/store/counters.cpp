// See counters.hpp.
#include "pgqrs/store/counters.hpp"

#include <algorithm>
#include <array>

#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/store/recount.hpp"
#include "pgqrs/store/touches.hpp"

namespace pgqrs::store {
namespace {

constexpr std::array kTables = {"queues", "messages", "archive", "departures"};

}  // namespace

bool may_know_counts() {
    return pg::has_shared_memory() && !pg::has_transaction_snapshot() && !pg::is_in_recovery() &&
           std::all_of(kTables.begin(), kTables.end(),
                       [](const char* table) { return pg::can_read_all(pg::relation_oid(table)); });
}

std::optional<pg::QueueState> state_of(Oid messages, std::int32_t queue_id, std::string_view name,
                                       bool& patient) {
    const OwnChange own = own_change(messages, queue_id);
    pg::QueueMarks& queue = marks_of(messages, queue_id);
    auto state = pg::known_state(queue);
    if (!state && patient && !own.touched && pg::take_recount(queue)) {
        patient = recount(messages, queue_id, name);
        state = pg::known_state(queue);
    }
    if (!state || !own.known) {
        return std::nullopt;
    }
    state->counts.add(own.change);
    core::lower(state->marks, touched_so_far(marks_of(messages, queue_id)));
    return state;
}

}  // namespace pgqrs::store
