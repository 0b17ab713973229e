// The state of a run, which no column holds: it follows from the run's row, its message and the clock. The status of
// a step follows from its row and the message of the run.
#pragma once

#include <cstdint>
#include <string>

namespace pgqrs::workflow {

// An expression of SQL that is the state as text, where r is the row of the run, m that of its message or null,
// and $N, which has the type timestamptz, is the time.
#define PGQRS_RUN_STATE(now)                                                                 \
    "CASE"                                                                                   \
    " WHEN r.final IS NOT NULL THEN r.final::text"                                           \
    " WHEN m.vt > " now                                                                      \
    "  AND NOT EXISTS ("                                                                     \
    "   SELECT FROM pgqrs.workers AS k WHERE k.id = m.worker_id AND k.state = 'dead') THEN " \
    "'running'"                                                                              \
    " WHEN m.vt IS NOT NULL THEN 'crashed'"                                                  \
    " WHEN m.waiting_for = 'pause' AND m.priority < 0 THEN 'paused'"                         \
    " WHEN m.waiting_for = 'no_handler' AND m.priority < 0 THEN 'waiting'"                   \
    " WHEN m.priority >= 0 AND m.available_at <= " now                                       \
    " THEN 'queued'"                                                                         \
    " WHEN m.waiting_for = 'retry' THEN 'retrying'"                                          \
    " WHEN m.waiting_for = 'timer' THEN 'sleeping'"                                          \
    " WHEN m.waiting_for IN ('signal', 'event', 'children') THEN 'waiting'"                  \
    " ELSE 'queued' END"

// An expression of SQL that is the status of a step, where s is its row, and m the message of its run or null. A step
// that must not be repeated is in doubt when the delivery that began it has ended.
#define PGQRS_STEP_STATUS                                                         \
    "CASE WHEN s.status = 'started' AND s.at_most_once"                           \
    " AND (m.read_ct IS DISTINCT FROM s.read_ct OR m.vt IS NULL) THEN 'in_doubt'" \
    " ELSE s.status END"

// The state of a run now. Raises PQ017 when there is none.
std::string state_of(std::int64_t run);

}  // namespace pgqrs::workflow
