#include "queue/worker_purge.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/clock.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "pg/spi.hpp"
#include "queue/worker_leases.hpp"

namespace pgqrs::queue {
namespace {

constexpr std::int64_t kPage = 10'000;

// Of a dead worker: whether it died by $1.
#define PGQRS_DEAD_SINCE "state = 'dead' AND coalesce(died_at, heartbeat_at) <= $1"

constinit pg::Statement any_dead("SELECT FROM pgqrs.workers WHERE " PGQRS_DEAD_SINCE " LIMIT 1",
                                 pg::Planning::indexed);

constinit pg::Statement end_of_page(R"sql(
    SELECT max(id), count(*)
    FROM (SELECT id FROM pgqrs.messages WHERE id > $1 ORDER BY id LIMIT $2) AS page
)sql",
                                    pg::Planning::indexed);

constinit pg::Statement leases_of_page(R"sql(
    SELECT q.id, q.name, m.id, m.worker_id
    FROM pgqrs.messages AS m
    JOIN pgqrs.queues AS q ON q.id = m.queue_id
    WHERE m.id > $2
        AND m.id <= $3
        AND m.vt IS NOT NULL
        AND EXISTS (
            SELECT FROM pgqrs.workers AS w WHERE w.id = m.worker_id AND )sql" PGQRS_DEAD_SINCE
                                       R"sql()
    ORDER BY m.id
)sql",
                                       pg::Planning::indexed);

#define PGQRS_REMOVE(condition)               \
    "DELETE FROM pgqrs.workers WHERE id IN (" \
    "SELECT id FROM pgqrs.workers WHERE " condition " LIMIT $2 FOR UPDATE SKIP LOCKED)"

constinit pg::Statement remove_dead(PGQRS_REMOVE(PGQRS_DEAD_SINCE), pg::Planning::indexed);
constinit pg::Statement remove_stopped(PGQRS_REMOVE("state = 'stopped' AND heartbeat_at <= $1"));

std::int64_t remove(pg::Statement& statement, core::Instant before) {
    return static_cast<std::int64_t>(
        statement.run_latest({pg::timestamptz(before), pg::int8(kPage)}).count());
}

// Leases of old workers on messages of one queue, by id.
struct OldLeases {
    std::int32_t queue_id = 0;
    std::vector<engine::RowKey> messages;
    std::vector<std::int64_t> workers;
};

std::map<std::string, OldLeases> find_leases(const Bookmark& bookmark, std::int64_t end) {
    std::map<std::string, OldLeases> found;
    const pg::Rows rows = leases_of_page.run_latest(
        {pg::timestamptz(bookmark.cutoff), pg::int8(bookmark.position), pg::int8(end)});
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        OldLeases& leases = found[std::string(pg::text_of(rows.at(row, 2)))];
        leases.queue_id = rows.int4(row, 1);
        leases.messages.push_back({rows.int8(row, 3), std::nullopt});
        leases.workers.push_back(rows.int8(row, 4));
    }
    for (auto& [queue, leases] : found) {
        std::sort(leases.workers.begin(), leases.workers.end());
        leases.workers.erase(std::unique(leases.workers.begin(), leases.workers.end()),
                             leases.workers.end());
    }
    return found;
}

// Goes on with the messages; true when it has come to their end.
bool end_next_leases(Bookmark& bookmark, Batch& batch) {
    const pg::Rows page = end_of_page.run_latest({pg::int8(bookmark.position), pg::int8(kPage)});
    const std::int64_t count = page.int8(0, 2);
    if (count == 0) {
        return true;
    }
    const std::int64_t end = page.int8(0, 1);
    bool all = true;
    for (const auto& [queue, leases] : find_leases(bookmark, end)) {
        // No grant is one to maintain queues.
        const engine::Access access{leases.queue_id, queue, core::Rights::none};
        const std::int64_t ended = end_leases_of_dead(access, leases.workers, leases.messages);
        all = all && ended == static_cast<std::int64_t>(leases.messages.size());
    }
    if (!all) {
        // A later batch looks at this page again.
        return false;
    }
    bookmark.position = end;
    batch.more = count == kPage;
    return !batch.more;
}

}  // namespace

Batch purge_old_workers(Bookmark& bookmark) {
    const core::Duration kept = engine::workers_kept();
    if (kept == 0) {
        bookmark = {};
        return {};
    }
    return pg::with_spi([&] {
        Batch batch;
        if (bookmark.cutoff == core::kBeginning) {
            const core::Instant before = engine::clock_now() - kept;
            batch.done = remove(remove_stopped, before);
            if (batch.done > 0) {
                // Queues are held in a transaction that has no worker's row locked.
                batch.more = true;
                return batch;
            }
            if (any_dead.run_latest({pg::timestamptz(before)}).empty()) {
                return batch;
            }
            bookmark = {.cutoff = before};
        }
        if (end_next_leases(bookmark, batch)) {
            batch.done = remove(remove_dead, bookmark.cutoff);
            batch.more = batch.done == kPage;
            if (!batch.more) {
                bookmark = {};
            }
        }
        return batch;
    });
}

}  // namespace pgqrs::queue
