#include "queue/purge.hpp"

#include "engine/access.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/activity.hpp"
#include "pg/spi.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

constexpr std::int64_t kBatch = 5'000;

// Both answer the last id of the batch, null for an empty one, and how many rows were deleted. Rows that are
// locked are passed.
constinit pg::Statement delete_messages(R"sql(
    WITH page AS MATERIALIZED (
        SELECT id
        FROM pgqrs.messages
        WHERE queue_id = $1
            AND id > $2
            AND enqueued_at <= $3
        ORDER BY id
        LIMIT $4),
    locked AS MATERIALIZED (
        SELECT m.id
        FROM pgqrs.messages AS m
        WHERE m.id IN (SELECT id FROM page)
            AND m.queue_id = $1
        FOR UPDATE SKIP LOCKED),
    deleted AS (
        DELETE FROM pgqrs.messages AS m
        WHERE m.id IN (SELECT id FROM locked)
        RETURNING 1)
    SELECT (SELECT max(id) FROM page), (SELECT count(*) FROM deleted)
)sql",
                                        pg::Planning::indexed);

constinit pg::Statement delete_archived(R"sql(
    WITH page AS MATERIALIZED (
        SELECT id
        FROM pgqrs.archive
        WHERE queue_id = $1
            AND id > $2
            AND archived_at <= $3
        ORDER BY id
        LIMIT $4),
    deleted AS (
        DELETE FROM pgqrs.archive AS a
        WHERE a.id IN (SELECT id FROM page)
        RETURNING 1)
    SELECT (SELECT max(id) FROM page), (SELECT count(*) FROM deleted)
)sql",
                                        pg::Planning::indexed);

struct Step {
    bool ended;
    std::int64_t deleted;
};

Step delete_batch(const PurgeRequest& request, core::Instant before, std::int64_t& after) {
    const engine::Access access{engine::hold_queue(request.queue).id, request.queue,
                                core::rights_for("purge")};
    engine::QueueMarks& marks =
        engine::marks_of(engine::find_table(engine::kMessages), access.queue);
    if (!request.archive) {
        engine::note_many_before(marks);
    }
    pg::Statement& statement = request.archive ? delete_archived : delete_messages;
    // Messages are locked before they are deleted.
    const engine::Need need =
        request.archive ? engine::Need{&engine::kArchive, ACL_SELECT | ACL_DELETE}
                        : engine::Need{&engine::kMessages, ACL_SELECT | ACL_UPDATE | ACL_DELETE};
    const Step step = pg::with_spi([&] {
        const engine::StatementRights rights(access, {need});
        const pg::Rows rows = statement.run(
            {pg::int4(access.queue), pg::int8(after), pg::timestamptz(before), pg::int8(kBatch)});
        const bool ended = rows.at(0, 1).null;
        after = ended ? after : rows.int8(0, 1);
        return Step{ended, rows.int8(0, 2)};
    });
    if (step.deleted > 0) {
        record_departures(marks, access,
                          request.archive ? Departures{.finished = step.deleted}
                                          : Departures{.discarded = step.deleted});
    }
    return step;
}

}  // namespace

std::int64_t purge_in_batches(const PurgeRequest& request, const std::function<void()>& commit) {
    const core::Instant before = engine::time_of_age(request.older_than, "older_than");
    std::int64_t purged = 0;
    for (std::int64_t after = INT64_MIN;;) {
        const Step step = delete_batch(request, before, after);
        commit();
        if (step.ended) {
            return purged;
        }
        purged += step.deleted;
        pg::show_activity("CALL pgqrs.purge: " + std::to_string(purged) + " messages of queue \"" +
                          request.queue + "\" purged");
    }
}

}  // namespace pgqrs::queue
