#include "queue/history.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/access.hpp"
#include "engine/append.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/guard.hpp"
#include "pg/spi.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::FailureColumn;

// Room for a stack trace. A page of a table holds as much after compression.
constexpr std::size_t kLongestError = 10'000;

constinit pg::Statement remove_oldest(R"sql(
    DELETE FROM pgqrs.failures AS f
    USING unnest($1) AS m (id)
    WHERE f.message_id = m.id
        AND f.id <= (
            SELECT k.id
            FROM pgqrs.failures AS k
            WHERE k.message_id = m.id
            ORDER BY k.id DESC
            OFFSET $2
            LIMIT 1)
)sql",
                                      pg::Planning::indexed);

constinit pg::Statement select_failures(R"sql(
    SELECT f.id, q.name, f.failed_at, f.read_ct, f.attempt, f.died, f.worker_id, w.name, f.error
    FROM pgqrs.failures AS f
    LEFT JOIN pgqrs.queues AS q ON q.id = f.queue_id
    LEFT JOIN pgqrs.workers AS w ON w.id = f.worker_id
    WHERE f.message_id = $2
        AND (
            EXISTS (SELECT FROM pgqrs.messages AS m WHERE m.id = $2 AND m.queue_id = $1)
            OR EXISTS (SELECT FROM pgqrs.archive AS a WHERE a.id = $2 AND a.queue_id = $1)
            OR EXISTS (SELECT FROM pgqrs.failures AS g WHERE g.message_id = $2 AND g.queue_id = $1))
    ORDER BY f.id
)sql",
                                        pg::Planning::indexed);

void keep_newest(const engine::Access& access, std::span<const NewFailure> failures) {
    const int kept = engine::failures_kept();
    std::vector<Datum> many;
    for (const NewFailure& failure : failures) {
        // A message that was sent back counts anew; what it had before is removed with the next ones.
        if (failure.read_ct > kept) {
            many.push_back(Int64GetDatum(failure.message));
        }
    }
    if (many.empty()) {
        return;
    }
    pg::with_spi([&] {
        const engine::StatementRights rights(access,
                                             {{&engine::kFailures, ACL_SELECT | ACL_DELETE}});
        remove_oldest.run(
            {pg::array_of(INT8OID, many.data(), nullptr, static_cast<int>(many.size())),
             pg::int4(kept)});
    });
}

}  // namespace

std::string shortened(std::string_view error) {
    if (error.size() <= kLongestError) {
        return std::string(error);
    }
    const int length = pg::guard([&] {
        return pg_mbcliplen(error.data(), static_cast<int>(error.size()),
                            static_cast<int>(kLongestError));
    });
    return std::string(error.substr(0, static_cast<std::size_t>(length))) +
           " [cut: " + std::to_string(error.size()) + " bytes]";
}

void record_failures(const engine::Access& access, std::span<const NewFailure> failures,
                     core::Instant now) {
    if (failures.empty()) {
        return;
    }
    struct Made {
        std::int64_t id;
        pg::Value error;
    };
    std::vector<Made> made;
    made.reserve(failures.size());
    for (const NewFailure& failure : failures) {
        made.push_back({engine::take_identity(engine::kFailures),
                        pg::text(std::string_view(shortened(failure.error)))});
    }
    const auto put = [&](std::size_t row, pg::Value* cells) {
        const NewFailure& failure = failures[row];
        cells[Column::id] = pg::int8(made[row].id);
        cells[Column::message_id] = pg::int8(failure.message);
        cells[Column::failed_at] = pg::timestamptz(now);
        cells[Column::queue_id] = pg::int4(access.queue);
        cells[Column::read_ct] = pg::int4(failure.read_ct);
        cells[Column::attempt] = pg::int2(failure.attempt);
        cells[Column::died] = pg::boolean(failure.died);
        cells[Column::worker_id] = failure.worker;
        cells[Column::error] = made[row].error;
    };
    engine::append_rows(engine::hold_table(engine::kFailures, engine::Purpose::write, access),
                        engine::row_source(failures.size(), put));
    keep_newest(access, failures);
}

void list_failures(std::string_view queue, std::int64_t message, pg::RowSink& sink) {
    pg::with_spi([&] {
        const engine::Access access{engine::find_queue(queue).id, queue,
                                    core::rights_for("list_failures")};
        const engine::StatementRights rights(access, {{&engine::kFailures, ACL_SELECT},
                                                      {&engine::kMessages, ACL_SELECT},
                                                      {&engine::kArchive, ACL_SELECT},
                                                      {&engine::kWorkers, ACL_SELECT},
                                                      {&engine::kQueues, ACL_SELECT}});
        select_failures.look_into(sink, {pg::int4(access.queue), pg::int8(message)});
    });
}

}  // namespace pgqrs::queue
