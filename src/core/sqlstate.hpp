// The SQLSTATEs of pgqrs: one table that server, clients and documentation share. The client's public name of
// a state is ErrorCode, which src/client/error.cpp compares with this table.
// Class PQ is not used by PostgreSQL or by the SQL standard.
#pragma once

#include <array>
#include <string_view>

namespace pgqrs::core {

enum class SqlState {
    lease_lost,
    queue_not_found,
    queue_exists,
    invalid_name,
    payload_rejected,
    rate_limited,
    queue_paused,
    worker_not_found,
    limit_exceeded,
    invalid_argument,
    queue_not_empty,
    queue_full,
    duplicate,
    worker_state,
    workflow_not_found,
    workflow_exists,
    run_not_found,
    step_mismatch,
    step_recorded,
    step_in_doubt,
    key_mismatch,
    run_cancelled,
    wrong_queue,
    steps_open,
    step_failed,
};

struct SqlStateEntry {
    SqlState state;
    std::string_view code;
    std::string_view condition;
    // false: reserved, so that clients can rely on its meaning; no SQL function raises it.
    bool raised_by_server;
    std::string_view meaning;
};

inline constexpr std::array kSqlStates = {
    SqlStateEntry{SqlState::lease_lost, "PQ001", "lease_lost", true,
                  "a delivery's lease was lost; SQL functions raise it when strict is asked for"},
    SqlStateEntry{SqlState::queue_not_found, "PQ002", "queue_not_found", true,
                  "no queue of that name exists"},
    SqlStateEntry{SqlState::queue_exists, "PQ003", "queue_exists", true,
                  "a queue of that name exists already"},
    SqlStateEntry{SqlState::invalid_name, "PQ004", "invalid_name", true,
                  "a queue or worker name is not 1 to 63 bytes of the allowed characters"},
    SqlStateEntry{SqlState::payload_rejected, "PQ005", "payload_rejected", true,
                  "a payload or its headers are null, too large or of the wrong shape"},
    SqlStateEntry{SqlState::rate_limited, "PQ006", "rate_limited", true,
                  "the queue takes no more messages now, because of its enqueue_rate"},
    SqlStateEntry{SqlState::queue_paused, "PQ007", "queue_paused", false,
                  "reserved for clients: in SQL a paused queue simply delivers nothing"},
    SqlStateEntry{SqlState::worker_not_found, "PQ008", "worker_not_found", true,
                  "the worker is not registered, not for this queue, stopped or dead"},
    SqlStateEntry{SqlState::limit_exceeded, "PQ009", "limit_exceeded", true,
                  "more items in one call than pgqrs.max_batch_size"},
    SqlStateEntry{SqlState::invalid_argument, "PQ010", "invalid_argument", true,
                  "an argument is null, negative, not finite or out of range"},
    SqlStateEntry{SqlState::queue_not_empty, "PQ011", "queue_not_empty", true,
                  "the queue still holds messages"},
    SqlStateEntry{SqlState::queue_full, "PQ012", "queue_full", true,
                  "the queue would hold more messages than its max_messages"},
    SqlStateEntry{SqlState::duplicate, "PQ013", "duplicate", true,
                  "the idempotency key was used before"},
    SqlStateEntry{SqlState::worker_state, "PQ014", "worker_state", true,
                  "the worker cannot go from the state it is in to the one asked for"},
    SqlStateEntry{SqlState::workflow_not_found, "PQ015", "workflow_not_found", true,
                  "no workflow of that name exists"},
    SqlStateEntry{SqlState::workflow_exists, "PQ016", "workflow_exists", true,
                  "a workflow of that name exists already"},
    SqlStateEntry{SqlState::run_not_found, "PQ017", "run_not_found", true,
                  "no run with that id exists"},
    SqlStateEntry{SqlState::step_mismatch, "PQ018", "step_mismatch", true,
                  "the step was recorded as another kind of step, or with another input"},
    SqlStateEntry{SqlState::step_recorded, "PQ019", "step_recorded", true,
                  "the step was recorded before"},
    SqlStateEntry{SqlState::step_in_doubt, "PQ020", "step_in_doubt", false,
                  "reserved for clients: a step that must not be repeated was not recorded"},
    SqlStateEntry{SqlState::key_mismatch, "PQ021", "key_mismatch", true,
                  "the idempotency key was used with another input"},
    SqlStateEntry{SqlState::run_cancelled, "PQ022", "run_cancelled", true,
                  "somebody has asked for the run to be cancelled"},
    SqlStateEntry{SqlState::wrong_queue, "PQ023", "wrong_queue", true,
                  "the call is for messages and the queue holds runs, or the reverse"},
    SqlStateEntry{SqlState::steps_open, "PQ024", "steps_open", true,
                  "a transaction that records a step of the run is still open"},
    SqlStateEntry{SqlState::step_failed, "PQ025", "step_failed", true,
                  "a step that the server executed has failed for good"},
};

// The five characters of a state.
constexpr std::string_view code_of(SqlState state) {
    for (const auto& entry : kSqlStates) {
        if (entry.state == state) {
            return entry.code;
        }
    }
    return "XX000";
}

}  // namespace pgqrs::core
