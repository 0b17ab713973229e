// See departures.hpp.
#include "queue/totals.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "pg/catalog.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "engine/table_writer.hpp"
#include "engine/journal.hpp"

namespace pgqrs::queue {
namespace {

// A backend sums up after so many rows: few enough to read quickly, rare enough to cost nothing. It
// starts somewhere in between, so that the rows of many short connections are summed up as well.
constexpr int kRowsBetweenSums = 500;
constinit int rows_until_sum = -1;
constinit bool summing_up = false;

constexpr std::array<pg::Column, 3> kColumns = {
    {{"queue_id", INT4OID}, {"finished", INT8OID}, {"discarded", INT8OID}}};

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

void record_departures(std::int32_t queue_id, std::int64_t finished, std::int64_t discarded) {
    const std::array row = {pg::int4(queue_id), pg::int8(finished), pg::int8(discarded)};
    const bool directly = engine::insert_rows({"departures", kColumns}, row);
    if (directly) {
        engine::touched(pg::relation_oid("messages"), queue_id)
            .change.add({.finished = finished, .discarded = discarded});
    }
    if (rows_until_sum < 0) {
        rows_until_sum = pg::random_below(kRowsBetweenSums);
    }
    // With an old snapshot summing up could fail the caller's transaction.
    if (rows_until_sum > 0 || pg::has_transaction_snapshot()) {
        rows_until_sum = std::max(rows_until_sum - 1, 0);
        return;
    }
    rows_until_sum = kRowsBetweenSums;
    // Where others have triggers, ours sees what they make of it.
    std::optional<SummingUp> scope;
    if (directly) {
        scope.emplace();
    }
    pg::with_spi([&] { sum_up.run({pg::int4(queue_id)}); });
}

}  // namespace pgqrs::queue
