#include "queue/drop.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include "engine/tables.hpp"
#include "engine/clock.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
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

// Those of messages that died here and lie in a dead letter queue stay with them.
constinit pg::Statement delete_failures(R"sql(
    DELETE FROM pgqrs.failures
    WHERE message_id IN (
        SELECT id FROM pgqrs.messages WHERE queue_id = $1
        UNION ALL
        SELECT id FROM pgqrs.archive WHERE queue_id = $1)
)sql");

constinit pg::Statement delete_retention("DELETE FROM pgqrs.retention WHERE queue_id = $1");

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

// Whoever may delete rows but not lock them waits for them when it deletes them.
void lock_rows_of(std::string_view name) {
    const pg::Value queue = pg::int4(engine::find_queue(name).id);
    if (pg::can_lock_rows(engine::find_table(engine::kQueues))) {
        lock_queue.run_latest({queue});
    }
    if (pg::can_lock_rows(engine::find_table(engine::kWorkers))) {
        lock_workers.run_latest({queue});
    }
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
            const pg::Value queue = pg::int4(engine::find_queue(name).id);
            if (!force) {
                refuse_unless_empty(name, count_in_queue.run_latest({queue}).int8(0, 1));
            }
        };
        engine::hold_name_alone(name, {.decide = decide, .lock_rows = [&] { lock_rows_of(name); }});
        decide();
        const pg::Value queue = pg::int4(engine::hold_queue_alone(name).id);
        delete_failures.run({queue});
        const auto dropped = static_cast<std::int64_t>(delete_messages.run({queue}).count());
        delete_archive.run({queue});
        delete_workers.run({queue});
        delete_departures.run({queue});
        delete_retention.run({queue});
        if (!find_leftovers.run_latest({queue}).empty()) {
            // A snapshot taken before the lock cannot see, or delete, what was committed in between.
            if (pg::has_transaction_snapshot()) {
                pg::raise_serialization_failure();
            }
            // A user's trigger kept rows.
            still_used(name);
        }
        if (delete_queue.run({queue}).empty()) {
            engine::raise_vanished(name);
        }
        return dropped;
    });
}

std::int64_t purge_queue(std::string_view name) {
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        engine::QueueMarks& marks =
            engine::marks_of(engine::find_table(engine::kMessages), queue.id);
        engine::note_many_before(marks);
        const auto purged =
            static_cast<std::int64_t>(delete_messages.run({pg::int4(queue.id)}).count());
        if (purged > 0) {
            record_departures(marks, {.discarded = purged});
        }
        return purged;
    });
}

std::int64_t purge_archive(std::string_view name, const core::Span& older_than) {
    const core::Instant before = engine::time_of_age(older_than, "older_than");
    return pg::with_spi([&] {
        const engine::Queue queue = engine::hold_queue(name);
        const auto purged = static_cast<std::int64_t>(
            delete_old_archive.run({pg::int4(queue.id), pg::timestamptz(before)}).count());
        if (purged > 0) {
            record_departures(engine::marks_of(engine::find_table(engine::kMessages), queue.id),
                              {.finished = purged});
        }
        return purged;
    });
}

void check_removal(std::int32_t id, std::string_view name) {
    pg::with_spi([&] {
        const auto decide = [&] { refuse_leftovers(id, name); };
        engine::hold_name_alone(name, {.decide = decide});
        decide();
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
    });
}

}  // namespace pgqrs::queue
