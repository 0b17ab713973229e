#include "queue/maintenance.hpp"

#include <array>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/clock.hpp"
#include "engine/known_counts.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/dead_letters.hpp"
#include "queue/reaping.hpp"
#include "queue/retention.hpp"
#include "queue/totals.hpp"
#include "queue/worker_purge.hpp"

namespace pgqrs::queue {
namespace {

// Rows that a batch looks at.
constexpr std::int64_t kPage = 10'000;

constinit pg::Statement select_bookmark(
    "SELECT queue_id, position, cutoff FROM pgqrs.maintenance WHERE duty = $1");

constinit pg::Statement update_bookmark(R"sql(
    UPDATE pgqrs.maintenance
    SET queue_id = $2,
        position = $3,
        cutoff = $6,
        last_at = CASE WHEN $4 > 0 THEN $5 ELSE last_at END,
        last_done = CASE WHEN $4 > 0 THEN $4 ELSE last_done END,
        total_done = total_done + $4
    WHERE duty = $1
)sql");

constinit pg::Statement end_of_page(R"sql(
    SELECT max(id), count(*)
    FROM (SELECT id FROM pgqrs.messages WHERE id > $1 ORDER BY id LIMIT $2) AS page
)sql",
                                    pg::Planning::indexed);

// The rule is core::classify()'s, which looks at what is found here once more.
constinit pg::Statement leaving_of_page(R"sql(
    SELECT q.name, m.id
    FROM pgqrs.messages AS m
    JOIN pgqrs.queues AS q ON q.id = m.queue_id
    WHERE m.id > $1
        AND m.id <= $2
        AND (
            m.vt IS NULL
            OR m.vt <= $3
            OR EXISTS (SELECT FROM pgqrs.workers AS w WHERE w.id = m.worker_id AND w.state = 'dead'))
        AND (
            m.flags & $4 <> 0
            OR m.expires_at <= $3
            OR m.read_ct - m.given_back >= q.max_deliveries)
)sql",
                                        pg::Planning::indexed);

// By messages, so that the end of a page does not part the failures of one.
constinit pg::Statement end_of_failures(R"sql(
    SELECT max(message_id), count(*)
    FROM (
        SELECT message_id
        FROM pgqrs.failures
        WHERE message_id > $1
        ORDER BY message_id
        LIMIT $2) AS page
)sql",
                                        pg::Planning::indexed);

constinit pg::Statement forget_failures(R"sql(
    DELETE FROM pgqrs.failures AS f
    WHERE f.message_id > $1
        AND f.message_id <= $2
        AND NOT EXISTS (SELECT FROM pgqrs.messages AS m WHERE m.id = f.message_id)
        AND NOT EXISTS (SELECT FROM pgqrs.archive AS a WHERE a.id = f.message_id)
        AND NOT EXISTS (SELECT FROM pgqrs.runs AS r WHERE r.id = f.message_id)
)sql",
                                        pg::Planning::indexed);

constinit pg::Statement many_departures(R"sql(
    SELECT queue_id
    FROM pgqrs.departures
    GROUP BY queue_id
    HAVING count(*) > $1
    LIMIT 1
)sql");

constinit pg::Statement limited_queues(R"sql(
    SELECT id, name
    FROM pgqrs.queues
    WHERE id > $1
        AND max_messages IS NOT NULL
    ORDER BY id
    LIMIT $2
)sql");

// The last id of the page that begins after the bookmark, and whether it is full; nothing without a row.
struct Page {
    std::int64_t end;
    bool full;
};

std::optional<Page> page_after(pg::Statement& statement, const Bookmark& bookmark) {
    const pg::Rows rows = statement.run({pg::int8(bookmark.position), pg::int8(kPage)});
    const std::int64_t count = rows.int8(0, 2);
    if (count == 0) {
        return std::nullopt;
    }
    return Page{rows.int8(0, 1), count == kPage};
}

std::map<std::string, std::vector<std::int64_t>> find_leaving(const Bookmark& from,
                                                              const Page& page) {
    std::map<std::string, std::vector<std::int64_t>> leaving;
    const pg::Rows rows =
        leaving_of_page.run({pg::int8(from.position), pg::int8(page.end),
                             pg::timestamptz(engine::clock_now()), pg::int4(core::kToBeCancelled)});
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        leaving[std::string(pg::text_of(rows.at(row, 1)))].push_back(rows.int8(row, 2));
    }
    return leaving;
}

Batch take_out_all_leaving(Bookmark& bookmark) {
    const Bookmark from = bookmark;
    std::optional<Page> page;
    const auto leaving = pg::with_spi([&] {
        page = page_after(end_of_page, from);
        return page ? find_leaving(from, *page)
                    : std::map<std::string, std::vector<std::int64_t>>{};
    });
    Batch batch;
    for (const auto& [queue, ids] : leaving) {
        // No grant is one to maintain queues.
        batch.done += static_cast<std::int64_t>(take_out_leaving(queue, core::Rights::none, ids));
    }
    bookmark = page && page->full ? Bookmark{0, page->end} : Bookmark{};
    batch.more = page && page->full;
    return batch;
}

Batch forget_history(Bookmark& bookmark) {
    return pg::with_spi([&] {
        const auto page = page_after(end_of_failures, bookmark);
        if (!page) {
            bookmark = {};
            return Batch{};
        }
        const auto forgotten = static_cast<std::int64_t>(
            forget_failures.run({pg::int8(bookmark.position), pg::int8(page->end)}).count());
        bookmark = page->full ? Bookmark{0, page->end} : Bookmark{};
        return Batch{forgotten, page->full};
    });
}

Batch sum_up_departures(Bookmark&) {
    // As many as callers leave behind before one of them sums up.
    constexpr std::int64_t kMany = 1000;
    const std::int32_t queue = pg::with_spi([&] {
        const pg::Rows rows = many_departures.run({pg::int8(kMany)});
        return rows.empty() ? 0 : rows.int4(0, 1);
    });
    if (queue == 0) {
        return {};
    }
    const std::int64_t summed = sum_up_departures_of(queue);
    return {summed, summed > 1};
}

// Counts the queue anew unless its counts are known, or others are in the way.
bool learn_counts(std::int32_t id, std::string_view name) {
    const engine::Access access{id, name, core::rights_for("queue_metrics")};
    engine::QueueMarks& marks = engine::marks_of(engine::find_table(engine::kMessages), id);
    if (!engine::may_know_counts(access) || engine::shared_state(marks)) {
        return false;
    }
    bool patient = true;
    return engine::known_state(marks, access, patient).has_value();
}

// One queue in a batch, because counting takes time in proportion to it.
Batch count_limited(Bookmark& bookmark) {
    constexpr std::int64_t kQueues = 1000;
    if (!engine::has_shared_memory()) {
        return {};
    }
    return pg::with_spi([&] {
        const pg::Rows rows = limited_queues.run({pg::int4(bookmark.queue), pg::int8(kQueues)});
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            const std::int32_t id = rows.int4(row, 1);
            if (learn_counts(id, pg::text_of(rows.at(row, 2)))) {
                bookmark.queue = id;
                return Batch{1, true};
            }
            bookmark.queue = id;
        }
        const bool more = rows.count() == kQueues;
        bookmark = more ? bookmark : Bookmark{};
        return Batch{0, more};
    });
}

// In a transaction of its own: a dequeue of a worker that has just been found dead waits for its end.
Batch find_dead(Bookmark&) { return {reap_workers(), false}; }

// Complete when the library has been loaded.
constinit std::array<MaintenanceDuty, kMostMaintenanceDuties> duties = {
    {{"workers", "found dead workers", find_dead},
     {"leaving", "took out dead, expired and cancelled messages", take_out_all_leaving},
     {"retention", "removed archived messages", enforce_retention},
     {"failures", "removed failures of messages that are gone", forget_history},
     {"departures", "summed up departures", sum_up_departures},
     {"counts", "counted queues", count_limited},
     {"old_workers", "removed workers that were dead or stopped", purge_old_workers}}};
constinit std::size_t duty_count = 7;

}  // namespace

std::span<const MaintenanceDuty> maintenance_duties() { return {duties.data(), duty_count}; }

void add_maintenance_duties(std::span<const MaintenanceDuty> more) {
    if (more.size() > duties.size() - duty_count) {
        throw std::length_error("too many duties of maintenance");
    }
    for (const MaintenanceDuty& duty : more) {
        duties[duty_count++] = duty;
    }
}

Batch run_batch(const MaintenanceDuty& duty) {
    const auto number = static_cast<std::int32_t>(&duty - duties.data());
    if (!pg::try_lock_number(engine::find_table(engine::kMaintenance), number)) {
        return {};
    }
    const Bookmark before = pg::with_spi([&] {
        const pg::Rows rows = select_bookmark.run({pg::text(std::string_view(duty.name))});
        Bookmark bookmark;
        if (!rows.empty() && !rows.at(0, 1).null) {
            bookmark.queue = rows.int4(0, 1);
        }
        if (!rows.empty() && !rows.at(0, 2).null) {
            bookmark.position = rows.int8(0, 2);
        }
        if (!rows.empty() && !rows.at(0, 3).null) {
            bookmark.cutoff = pg::timestamp_of(rows.at(0, 3));
        }
        return bookmark;
    });
    Bookmark after = before;
    const Batch batch = duty.run(after);
    if (batch.done > 0 || after != before) {
        pg::with_spi([&] {
            update_bookmark.run(
                {pg::text(std::string_view(duty.name)),
                 after.queue == 0 ? pg::null_of(INT4OID) : pg::int4(after.queue),
                 after.position == INT64_MIN ? pg::null_of(INT8OID) : pg::int8(after.position),
                 pg::int8(batch.done), pg::timestamptz(engine::clock_now()),
                 after.cutoff == core::kBeginning ? pg::null_of(TIMESTAMPTZOID)
                                                  : pg::timestamptz(after.cutoff)});
        });
    }
    return batch;
}

}  // namespace pgqrs::queue
