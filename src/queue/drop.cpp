#include "queue/drop.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "engine/clock.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/grants.hpp"
#include "queue/totals.hpp"
#include "engine/queue_alone.hpp"
#include "engine/queue_cache.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"

namespace pgqrs::queue {
namespace {

constinit pg::Statement count_in_queue("SELECT count(*) FROM pgqrs.messages WHERE queue_id = $1");

// What others can have locked without holding the queue.
constinit pg::Statement lock_queue("SELECT 1 FROM pgqrs.queues WHERE id = $1 FOR UPDATE");
constinit pg::Statement lock_workers(
    "SELECT 1 FROM pgqrs.workers WHERE queue_id = $1 ORDER BY id FOR UPDATE");

constinit pg::Statement delete_messages("DELETE FROM pgqrs.messages WHERE queue_id = $1");

constinit pg::Statement delete_archive("DELETE FROM pgqrs.archive WHERE queue_id = $1");

constinit pg::Statement delete_old_archive(
    "DELETE FROM pgqrs.archive WHERE queue_id = $1 AND archived_at <= $2");

constinit pg::Statement delete_workers("DELETE FROM pgqrs.workers WHERE queue_id = $1");

constinit pg::Statement delete_departures("DELETE FROM pgqrs.departures WHERE queue_id = $1");

constinit pg::Statement delete_queue("DELETE FROM pgqrs.queues WHERE id = $1");

constinit pg::Statement find_leftovers(R"sql(
    SELECT 1 FROM pgqrs.messages WHERE queue_id = $1
    UNION ALL
    SELECT 1 FROM pgqrs.archive WHERE queue_id = $1
    UNION ALL
    SELECT 1 FROM pgqrs.workers WHERE queue_id = $1
    UNION ALL
    SELECT 1 FROM pgqrs.departures WHERE queue_id = $1
    LIMIT 1
)sql");

constinit pg::Statement find_any_row(R"sql(
    SELECT 1 FROM pgqrs.messages
    UNION ALL
    SELECT 1 FROM pgqrs.archive
    UNION ALL
    SELECT 1 FROM pgqrs.workers
    UNION ALL
    SELECT 1 FROM pgqrs.departures
    LIMIT 1
)sql");

constinit pg::Statement all_names("SELECT name FROM pgqrs.queues ORDER BY name");

void refuse_unless_empty(std::string_view name, std::int64_t messages) {
    if (messages > 0) {
        throw core::Error(core::SqlState::queue_not_empty,
                          "queue \"" + std::string(name) + "\" holds " + std::to_string(messages) +
                              (messages == 1 ? " message" : " messages"),
                          "", "Use force => true to drop it with its messages.");
    }
}

[[noreturn]] void still_used(std::string_view name) {
    throw core::Error(
        core::SqlState::queue_not_empty, "queue \"" + std::string(name) + "\" is still in use",
        "It has messages, archived messages, workers or counts.", "Use pgqrs.drop_queue().");
}

constexpr AclMode kReadAndDelete = ACL_SELECT | ACL_DELETE;
constexpr std::initializer_list<engine::Need> kDropped = {{&engine::kMessages, kReadAndDelete},
                                                          {&engine::kArchive, kReadAndDelete},
                                                          {&engine::kWorkers, kReadAndDelete},
                                                          {&engine::kDepartures, kReadAndDelete},
                                                          {&engine::kQueues, kReadAndDelete}};

engine::Access access_to(const engine::Queue& queue, std::string_view name) {
    return {queue.id, name, core::rights_for("drop_queue")};
}

pg::Rows remove(pg::Statement& statement, const engine::TableSpec& table,
                const engine::Access& access) {
    const engine::StatementRights rights(access, {{&table, kReadAndDelete}});
    return statement.run({pg::int4(access.queue)});
}

std::int64_t remove_old(const engine::Access& access, core::Instant before) {
    const engine::StatementRights rights(access, {{&engine::kArchive, kReadAndDelete}});
    return static_cast<std::int64_t>(
        delete_old_archive.run({pg::int4(access.queue), pg::timestamptz(before)}).count());
}

// Whoever may delete rows but not lock them waits for them when it deletes them.
void lock_rows_of(std::string_view name) {
    const engine::Access access = access_to(engine::find_queue(name), name);
    const auto lock = [&](pg::Statement& statement, const engine::TableSpec& table) {
        if (engine::may_lock_rows(access, table)) {
            const engine::StatementRights rights(access, {{&table, ACL_SELECT | ACL_UPDATE}});
            statement.run_latest({pg::int4(access.queue)});
        }
    };
    lock(lock_queue, engine::kQueues);
    lock(lock_workers, engine::kWorkers);
}

bool has_leftovers(const engine::Access& access) {
    const engine::StatementRights rights(access, {{&engine::kMessages, ACL_SELECT},
                                                  {&engine::kArchive, ACL_SELECT},
                                                  {&engine::kWorkers, ACL_SELECT},
                                                  {&engine::kDepartures, ACL_SELECT}});
    return !find_leftovers.run_latest({pg::int4(access.queue)}).empty();
}

void refuse_leftovers(std::int32_t id, std::string_view name) {
    if (!find_leftovers.run_latest({pg::int4(id)}).empty()) {
        still_used(name);
    }
}

}  // namespace

std::int64_t drop_queue(std::string_view name, bool force) {
    pg::require_writable("DELETE");
    return pg::with_spi([&] {
        const auto decide = [&] {
            const engine::Access access = access_to(engine::find_queue(name), name);
            engine::require_access(access, kDropped);
            if (!force) {
                const engine::StatementRights rights(access, {{&engine::kMessages, ACL_SELECT}});
                refuse_unless_empty(name,
                                    count_in_queue.run_latest({pg::int4(access.queue)}).int8(0, 1));
            }
        };
        engine::hold_name_alone(name, {.decide = decide, .lock_rows = [&] { lock_rows_of(name); }});
        decide();
        const engine::Access access = access_to(engine::hold_queue_alone(name), name);
        const auto dropped =
            static_cast<std::int64_t>(remove(delete_messages, engine::kMessages, access).count());
        remove(delete_archive, engine::kArchive, access);
        remove(delete_workers, engine::kWorkers, access);
        remove(delete_departures, engine::kDepartures, access);
        if (has_leftovers(access)) {
            // A snapshot taken before the lock cannot see, or delete, what was committed in between.
            if (pg::has_transaction_snapshot()) {
                pg::raise_serialization_failure();
            }
            // A user's trigger kept rows.
            still_used(name);
        }
        if (remove(delete_queue, engine::kQueues, access).empty()) {
            engine::raise_vanished(name);
        }
        return dropped;
    });
}

std::int64_t purge_queue(std::string_view name) {
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        const engine::Access access = access_to(queue, name);
        engine::require_access(access, {{&engine::kMessages, kReadAndDelete}});
        engine::QueueMarks& marks =
            engine::marks_of(engine::find_table(engine::kMessages), queue.id);
        engine::note_many_before(marks);
        const auto purged =
            static_cast<std::int64_t>(remove(delete_messages, engine::kMessages, access).count());
        if (purged > 0) {
            record_departures(marks, access, {.discarded = purged});
        }
        return purged;
    });
}

std::int64_t purge_archive(std::string_view name, const core::Span& older_than) {
    const core::Instant before = engine::time_of_age(older_than, "older_than");
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        const engine::Access access = access_to(queue, name);
        const std::int64_t purged = remove_old(access, before);
        if (purged > 0) {
            record_departures(engine::marks_of(engine::find_table(engine::kMessages), queue.id),
                              access, {.finished = purged});
        }
        return purged;
    });
}

void check_removal(std::int32_t id, std::string_view name) {
    pg::with_spi([&] {
        const auto decide = [&] { refuse_leftovers(id, name); };
        engine::hold_name_alone(name, {.decide = decide});
        decide();
        forget_grants(id);
    });
}

void check_renaming(std::int32_t old_id, std::int32_t new_id, std::string_view old_name) {
    if (old_id != new_id) {
        throw core::Error(core::SqlState::invalid_argument, "id of a queue cannot be changed");
    }
    engine::hold_name_alone(old_name);
}

void hold_all_queues() {
    pg::with_spi([&] {
        const pg::Rows found = all_names.run({});
        std::vector<std::string_view> names;
        for (std::uint64_t i = 0; i < found.count(); ++i) {
            names.push_back(pg::text_of(found.at(i, 1)));
        }
        if (!names.empty()) {
            engine::hold_names_alone(names);
        }
    });
}

void check_truncation() {
    pg::with_spi([&] {
        if (!find_any_row.run_latest({}).empty()) {
            throw core::Error(
                core::SqlState::queue_not_empty, "queues are still in use",
                "There are messages, archived messages, workers or counts.",
                "Truncate pgqrs.messages, archive, workers and departures with them.");
        }
        forget_all_grants();
    });
}

}  // namespace pgqrs::queue
