#include "queue/totals.hpp"

#include <algorithm>

#include "engine/access.hpp"
#include "engine/append.hpp"
#include "engine/journal.hpp"
#include "engine/tables.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"
#include "pg/subtransaction.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::DepartureColumn;

// A backend sums up after so many rows: few enough to read quickly, rare enough to cost nothing. It
// starts somewhere in between, so that the rows of many short connections are summed up as well.
constexpr int kRowsBetweenSums = 500;
// What one sum takes at most, as it is on the time of a caller. It is a multiple of the rows between
// sums, so that a backlog shrinks.
constexpr int kMostRowsOfSum = 2000;
// A sum begins where the last one ended, and so does not step over what is deleted but not vacuumed. Rows
// with lower ids that are committed later are found by each 50th sum, which begins at the beginning.
constexpr int kSumsBetweenStarts = 50;

constinit int rows_until_sum = -1;
constinit bool summing_up = false;

// Where the last sum of this backend ended.
struct LastSum {
    Oid relation;
    std::int32_t queue;
    std::int64_t id;
    int since_start;
};
constinit LastSum last_sum{};

// Rows another transaction is summing up are left to it.
constinit pg::Statement sum_up(R"sql(
    WITH summed AS (
        DELETE FROM pgqrs.departures
        WHERE ctid = ANY (ARRAY(
            SELECT ctid
            FROM pgqrs.departures
            WHERE queue_id = $1
                AND id > $2
            ORDER BY id
            LIMIT $3
            FOR UPDATE SKIP LOCKED))
        RETURNING id, finished, discarded),
    replaced AS (
        INSERT INTO pgqrs.departures (queue_id, finished, discarded)
        SELECT $1, sum(finished), sum(discarded)
        FROM summed
        HAVING count(*) > 0)
    SELECT coalesce(max(id), $2), count(*)
    FROM summed
)sql",
                               pg::Planning::indexed);

class SummingUp {
public:
    SummingUp() { summing_up = true; }
    ~SummingUp() { summing_up = false; }
    SummingUp(const SummingUp&) = delete;
    SummingUp& operator=(const SummingUp&) = delete;
};

// What it summed up: up to which id, and how many rows.
struct Sum {
    std::int64_t end;
    std::int64_t rows;
};

Sum sum_up_from(const engine::Access& access, std::int32_t queue, std::int64_t id) {
    const SummingUp scope;
    return pg::with_spi([&] {
        const engine::StatementRights rights(
            access, {{&engine::kDepartures, ACL_SELECT | ACL_INSERT | ACL_UPDATE | ACL_DELETE}});
        const pg::Rows rows = sum_up.run({pg::int4(queue), pg::int8(id), pg::int8(kMostRowsOfSum)});
        return Sum{rows.int8(0, 1), rows.int8(0, 2)};
    });
}

// Replaces rows of the queue by their sum. Whatever goes wrong is undone, and a later sum makes up for it:
// the caller came for something else. Only a cancelled call stays cancelled.
void try_to_sum_up(Oid relation, const engine::Access& access, std::int32_t queue) {
    const bool go_on = last_sum.relation == relation && last_sum.queue == queue &&
                       last_sum.since_start < kSumsBetweenStarts;
    if (!go_on) {
        last_sum = {.relation = relation, .queue = queue, .id = 0, .since_start = 0};
    }
    ++last_sum.since_start;
    pg::try_besides([&] {
        last_sum.id = sum_up_from(access, queue, last_sum.id).end;
        return true;
    });
}

}  // namespace

bool is_summing_up() { return summing_up; }

// For maintenance, to which no grant gives the right.
std::int64_t sum_up_departures_of(std::int32_t queue) { return sum_up_from({}, queue, 0).rows; }

void record_departures(engine::QueueMarks& queue, const engine::Access& access,
                       const Departures& departures) {
    const engine::Table table =
        engine::hold_table(engine::kDepartures, engine::Purpose::write, access);
    const pg::Value id = pg::int8(engine::take_identity(engine::kDepartures));
    const auto put = [&](std::size_t, pg::Value* cells) {
        cells[Column::id] = id;
        cells[Column::queue_id] = pg::int4(queue.key.queue);
        cells[Column::finished] = pg::int8(departures.finished);
        cells[Column::discarded] = pg::int8(departures.discarded);
    };
    engine::append_rows(table, engine::row_source(1, put));
    core::QueueCounts& change = engine::effects_on(queue).change;
    change.finished += departures.finished;
    change.discarded += departures.discarded;
    if (rows_until_sum < 0) {
        rows_until_sum = pg::random_below(kRowsBetweenSums);
    }
    // With an old snapshot it would fail most of the time.
    if (rows_until_sum > 0 || pg::has_transaction_snapshot()) {
        rows_until_sum = std::max(rows_until_sum - 1, 0);
        return;
    }
    rows_until_sum = kRowsBetweenSums;
    try_to_sum_up(table.relation, access, queue.key.queue);
}

}  // namespace pgqrs::queue
