// See queues.hpp.
#include "pgqrs/store/queues.hpp"

#include <string>

#include "pgqrs/core/error.hpp"
#include "pgqrs/core/limits.hpp"
#include "pgqrs/core/names.hpp"
#include "pgqrs/pg/catalog.hpp"
#include "pgqrs/pg/clock.hpp"
#include "pgqrs/pg/settings.hpp"
#include "pgqrs/pg/transaction.hpp"
#include "pgqrs/store/departures.hpp"
#include "pgqrs/store/queue_registry.hpp"

namespace pgqrs::store {
namespace {

constinit pg::Statement insert_queue(R"sql(
    INSERT INTO pgqrs.queues (name, visibility_timeout, max_deliveries, description)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (name) DO NOTHING
    RETURNING *
)sql");

constinit pg::Statement select_queue("SELECT * FROM pgqrs.queues WHERE name = $1");

constinit pg::Statement is_paused(
    "SELECT 1 FROM pgqrs.queues WHERE id = $1 AND paused_at IS NOT NULL");

constinit pg::Statement update_queue(R"sql(
    UPDATE pgqrs.queues
    SET visibility_timeout = coalesce($2, visibility_timeout),
        max_deliveries = nullif(coalesce($3, max_deliveries), 0),
        description = nullif(coalesce($4, description), '')
    WHERE id = $1
    RETURNING *
)sql");

constinit pg::Statement all_names("SELECT name FROM pgqrs.queues ORDER BY name");

constinit pg::Statement page_of_queues(R"sql(
    SELECT *
    FROM pgqrs.queues
    WHERE id > $1
    ORDER BY id
    LIMIT $2
)sql");

constinit pg::Statement count_of_queues("SELECT count(*) FROM pgqrs.queues");

constinit pg::Statement pause(R"sql(
    UPDATE pgqrs.queues
    SET paused_at = $2
    WHERE id = $1
        AND paused_at IS NULL
)sql");

constinit pg::Statement resume(R"sql(
    UPDATE pgqrs.queues
    SET paused_at = NULL
    WHERE id = $1
        AND paused_at IS NOT NULL
)sql");

constinit pg::Statement count_in_queue("SELECT count(*) FROM pgqrs.messages WHERE queue_id = $1");

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

void check_settings(const QueueSettings& settings) {
    if (settings.visibility_timeout) {
        core::check_visibility(*settings.visibility_timeout, "visibility_timeout");
    }
    if (settings.max_deliveries) {
        core::check_max_deliveries(*settings.max_deliveries);
    }
}

pg::Value interval_or_null(const std::optional<core::Duration>& duration) {
    return duration ? pg::interval(*duration) : pg::null_of(INTERVALOID);
}

void refuse_unless_empty(std::string_view name, std::int64_t messages) {
    if (messages > 0) {
        throw core::Error(core::SqlState::queue_not_empty,
                          "queue \"" + std::string(name) + "\" holds " + std::to_string(messages) +
                              (messages == 1 ? " message" : " messages"),
                          "", "Use force => true to drop it with its messages.");
    }
}

// For a queue that was there a moment ago.
[[noreturn]] void vanished(std::string_view name) {
    if (pg::has_transaction_snapshot()) {
        pg::raise_serialization_failure();
    }
    throw core::Error(core::SqlState::queue_not_found,
                      "queue \"" + std::string(name) + "\" does not exist");
}

[[noreturn]] void still_used(std::string_view name) {
    throw core::Error(
        core::SqlState::queue_not_empty, "queue \"" + std::string(name) + "\" is still in use",
        "It has messages, archived messages, workers or counts.", "Use pgqrs.drop_queue().");
}

}  // namespace

pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists) {
    core::check_queue_name(name);
    check_settings(settings);
    // The queue that is in the way can be dropped before we look at it. A user's trigger that
    // suppresses the row must not keep us here for ever.
    for (int attempt = 0; attempt < 10; ++attempt) {
        const pg::Rows created =
            insert_queue.run({pg::text(name), interval_or_null(settings.visibility_timeout),
                              pg::int4(settings.max_deliveries), pg::text(settings.description)});
        if (!created.empty()) {
            return created;
        }
        const pg::Rows existing = select_queue.run_latest({pg::text(name)});
        if (!existing.empty() && if_not_exists) {
            return existing;
        }
        if (!existing.empty()) {
            throw core::Error(core::SqlState::queue_exists,
                              "queue \"" + std::string(name) + "\" already exists");
        }
    }
    throw core::Error(core::SqlState::invalid_argument,
                      "a trigger on pgqrs.queues suppressed the row");
}

pg::Rows alter_queue(std::string_view name, const QueueSettings& settings) {
    QueueSettings to_check = settings;
    if (settings.max_deliveries == 0) {
        to_check.max_deliveries.reset();
    }
    check_settings(to_check);
    const pg::Rows altered = update_queue.run(
        {pg::int4(find_queue(name).id), interval_or_null(settings.visibility_timeout),
         pg::int4(settings.max_deliveries), pg::text(settings.description)});
    if (altered.empty()) {
        vanished(name);
    }
    return altered;
}

pg::Rows get_queue(std::string_view name) {
    find_queue(name);
    const pg::Rows found = select_queue.run_latest({pg::text(name)});
    if (found.empty()) {
        vanished(name);
    }
    return found;
}

void list_queues(std::int32_t after_id, std::optional<std::int32_t> quantity, pg::RowSink& sink) {
    if (quantity) {
        core::check_quantity(*quantity, pg::max_batch_size());
    }
    pg::with_spi([&] { page_of_queues.look_into(sink, {pg::int4(after_id), pg::int8(quantity)}); });
}

std::int64_t count_queues() {
    return pg::with_spi([] { return count_of_queues.look({}).int8(0, 1); });
}

std::int64_t drop_queue(std::string_view name, bool force) {
    pg::require_writable("DELETE");
    return pg::with_spi([&] {
        const pg::Value queue = pg::int4(hold_queue_alone(name).id);
        if (!force) {
            refuse_unless_empty(name, count_in_queue.run_latest({queue}).int8(0, 1));
        }
        const auto dropped = static_cast<std::int64_t>(delete_messages.run({queue}).count());
        delete_archive.run({queue});
        delete_workers.run({queue});
        delete_departures.run({queue});
        if (!find_leftovers.run_latest({queue}).empty()) {
            // A snapshot taken before the lock cannot see, or delete, what was committed in between.
            if (pg::has_transaction_snapshot()) {
                pg::raise_serialization_failure();
            }
            // A user's trigger kept rows.
            still_used(name);
        }
        if (delete_queue.run({queue}).empty()) {
            vanished(name);
        }
        return dropped;
    });
}

std::int64_t purge_queue(std::string_view name) {
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const auto purged =
            static_cast<std::int64_t>(delete_messages.run({pg::int4(queue.id)}).count());
        if (purged > 0) {
            record_departures(queue.id, 0, purged);
        }
        return purged;
    });
}

std::int64_t purge_archive(std::string_view name, core::Duration older_than) {
    core::check_delay(older_than, "older_than");
    return pg::with_spi([&] {
        const Queue queue = hold_queue(name);
        const auto purged = static_cast<std::int64_t>(
            delete_old_archive
                .run({pg::int4(queue.id), pg::timestamptz(pg::clock_now() - older_than)})
                .count());
        if (purged > 0) {
            record_departures(queue.id, purged, 0);
        }
        return purged;
    });
}

void check_removal(std::int32_t id, std::string_view name) {
    pg::lock_name(pg::relation_oid("queues"), name, pg::LockMode::exclusive);
    pg::with_spi([&] {
        if (!find_leftovers.run_latest({pg::int4(id)}).empty()) {
            still_used(name);
        }
    });
}

void check_renaming(std::int32_t old_id, std::int32_t new_id, std::string_view old_name) {
    if (old_id != new_id) {
        throw core::Error(core::SqlState::invalid_argument, "id of a queue cannot be changed");
    }
    pg::lock_name(pg::relation_oid("queues"), old_name, pg::LockMode::exclusive);
}

void hold_all_queues() {
    pg::with_spi([&] {
        const Oid queues = pg::relation_oid("queues");
        const pg::Rows names = all_names.run({});
        for (std::uint64_t i = 0; i < names.count(); ++i) {
            pg::lock_name(queues, pg::text_of(names.at(i, 1)), pg::LockMode::exclusive);
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

bool set_paused(std::string_view name, bool paused) {
    return pg::with_spi([&] {
        const pg::Value queue = pg::int4(find_queue(name).id);
        const pg::Rows changed =
            paused ? pause.run({queue, pg::timestamptz(pg::clock_now())}) : resume.run({queue});
        // What changed nothing because the snapshot is too old shall not look like success.
        if (changed.empty() && is_paused.run_latest({queue}).empty() == paused) {
            vanished(name);
        }
        return !changed.empty();
    });
}

}  // namespace pgqrs::store
