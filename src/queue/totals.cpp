#include "queue/totals.hpp"

#include <algorithm>

#include "engine/append.hpp"
#include "engine/journal.hpp"
#include "engine/tables.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::DepartureColumn;

// A backend sums up after so many rows: few enough to read quickly, rare enough to cost nothing. It
// starts somewhere in between, so that the rows of many short connections are summed up as well.
constexpr int kRowsBetweenSums = 500;
constinit int rows_until_sum = -1;
constinit bool summing_up = false;

// Rows another transaction is summing up are left to it.
constinit pg::Statement sum_up(R"sql(
    WITH summed AS (
        DELETE FROM pgqrs.departures
        WHERE ctid = ANY (ARRAY(
            SELECT ctid
            FROM pgqrs.departures
            WHERE queue_id = $1
            LIMIT 10000
            FOR UPDATE SKIP LOCKED))
        RETURNING finished, discarded)
    INSERT INTO pgqrs.departures (queue_id, finished, discarded)
    SELECT $1, sum(finished), sum(discarded)
    FROM summed
    HAVING count(*) > 0
)sql",
                               pg::Planning::indexed);

class SummingUp {
public:
    SummingUp() { summing_up = true; }
    ~SummingUp() { summing_up = false; }
    SummingUp(const SummingUp&) = delete;
    SummingUp& operator=(const SummingUp&) = delete;
};

}  // namespace

bool is_summing_up() { return summing_up; }

void record_departures(engine::QueueMarks& queue, const Departures& departures) {
    const pg::Value queue_id = pg::int4(queue.key.queue);
    const auto put = [&](std::size_t, pg::Value* cells) {
        cells[Column::queue_id] = queue_id;
        cells[Column::finished] = pg::int8(departures.finished);
        cells[Column::discarded] = pg::int8(departures.discarded);
    };
    engine::append_rows(engine::hold_table(engine::kDepartures, engine::Purpose::write),
                        engine::row_source(1, put));
    core::QueueCounts& change = engine::effects_on(queue).change;
    change.finished += departures.finished;
    change.discarded += departures.discarded;
    if (rows_until_sum < 0) {
        rows_until_sum = pg::random_below(kRowsBetweenSums);
    }
    // With an old snapshot summing up could fail the caller's transaction.
    if (rows_until_sum > 0 || pg::has_transaction_snapshot()) {
        rows_until_sum = std::max(rows_until_sum - 1, 0);
        return;
    }
    rows_until_sum = kRowsBetweenSums;
    const SummingUp scope;
    pg::with_spi([&] { sum_up.run({queue_id}); });
}

}  // namespace pgqrs::queue
