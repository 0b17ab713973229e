#include "queue/queues.hpp"

#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/queue_alone.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"

namespace pgqrs::queue {
namespace {

constinit pg::Statement insert_queue(R"sql(
    INSERT INTO pgqrs.queues (name, visibility_timeout, max_deliveries, description, notify)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (name) DO NOTHING
    RETURNING *
)sql");

constinit pg::Statement select_queue("SELECT * FROM pgqrs.queues WHERE name = $1");

constinit pg::Statement is_paused(
    "SELECT 1 FROM pgqrs.queues WHERE id = $1 AND paused_at IS NOT NULL");

constinit pg::Statement select_by_id("SELECT * FROM pgqrs.queues WHERE id = $1");

constinit pg::Statement update_queue(R"sql(
    UPDATE pgqrs.queues
    SET visibility_timeout = coalesce($2, visibility_timeout),
        max_deliveries = nullif(coalesce($3, max_deliveries), 0),
        description = nullif(coalesce($4, description), ''),
        notify = coalesce($5, notify)
    WHERE id = $1
        AND ($6 OR max_deliveries IS NOT DISTINCT FROM nullif(coalesce($3, max_deliveries), 0))
    RETURNING *
)sql");

constinit pg::Statement lock_queue("SELECT 1 FROM pgqrs.queues WHERE id = $1 FOR NO KEY UPDATE");

constinit pg::Statement page_of_queues(R"sql(
    SELECT *
    FROM pgqrs.queues
    WHERE id > $1
    ORDER BY id
    LIMIT $2
)sql");

constinit pg::Statement page_of_some(R"sql(
    SELECT *
    FROM pgqrs.queues
    WHERE id > $1
        AND id = ANY ($3)
    ORDER BY id
    LIMIT $2
)sql");

constinit pg::Statement count_of_queues("SELECT count(*) FROM pgqrs.queues");

constinit pg::Statement count_of_some("SELECT count(*) FROM pgqrs.queues WHERE id = ANY ($1)");

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

constexpr engine::Need kSelect{&engine::kQueues, ACL_SELECT};
constexpr engine::Need kUpdate{&engine::kQueues, ACL_SELECT | ACL_UPDATE};

void check_settings(const QueueSettings& settings) {
    if (settings.visibility_timeout) {
        core::check_visibility(*settings.visibility_timeout, "visibility_timeout");
    }
    if (settings.max_deliveries) {
        core::check_max_deliveries(*settings.max_deliveries);
    }
}

void check_notify(std::string_view name, const QueueSettings& settings) {
    if (settings.notify.value_or(false)) {
        core::check_notify_name(name);
    }
}

// Of a value that was checked.
pg::Value integer_or_null(const std::optional<std::int64_t>& value) {
    return value ? pg::int4(static_cast<std::int32_t>(*value)) : pg::null_of(INT4OID);
}

pg::Value interval_or_null(const std::optional<core::Duration>& duration) {
    return duration ? pg::interval(*duration) : pg::null_of(INTERVALOID);
}

// Only the call that holds the queue alone writes another max_deliveries.
pg::Rows update(std::string_view name, const QueueSettings& settings, bool alone) {
    const engine::Access access{engine::find_queue(name).id, name, core::rights_for("alter_queue")};
    const engine::StatementRights rights(access, {kUpdate});
    return update_queue.run({pg::int4(access.queue), interval_or_null(settings.visibility_timeout),
                             integer_or_null(settings.max_deliveries),
                             pg::text(settings.description), pg::boolean(settings.notify),
                             pg::boolean(alone)});
}

// Together with the row, so that nobody waits for the queue while its new user waits for the row.
void hold_alone(std::string_view name) {
    engine::hold_name_alone(name, {.decide = [&] { engine::find_queue(name); },
                                   .lock_rows =
                                       [&] {
                                           const engine::Access access{
                                               engine::find_queue(name).id, name,
                                               core::rights_for("alter_queue")};
                                           const engine::StatementRights rights(access, {kUpdate});
                                           lock_queue.run_latest({pg::int4(access.queue)});
                                       }});
}

}  // namespace

pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists) {
    core::check_queue_name(name);
    check_settings(settings);
    check_notify(name, settings);
    // The queue that is in the way can be dropped before we look at it. A user's trigger that
    // suppresses the row must not keep us here for ever.
    for (int attempt = 0; attempt < 10; ++attempt) {
        const pg::Rows created =
            insert_queue.run({pg::text(name), interval_or_null(settings.visibility_timeout),
                              integer_or_null(settings.max_deliveries),
                              pg::text(settings.description), pg::boolean(settings.notify)});
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
    check_notify(name, settings);
    pg::Rows altered = update(name, settings, false);
    if (altered.empty() && settings.max_deliveries) {
        hold_alone(name);
        altered = update(name, settings, true);
    }
    if (altered.empty()) {
        engine::raise_vanished(name);
    }
    return altered;
}

pg::Rows get_queue(std::string_view name) {
    const engine::Access access{engine::find_queue(name).id, name, core::rights_for("get_queue")};
    const engine::StatementRights rights(access, {kSelect});
    const pg::Rows found = select_queue.run_latest({pg::text(name)});
    if (found.empty()) {
        engine::raise_vanished(name);
    }
    return found;
}

void get_queue_by_id(std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        engine::accept_queue_changes();
        const auto number = std::in_range<std::int32_t>(id) ? static_cast<std::int32_t>(id) : 0;
        const engine::StatementRights rights({number, {}, core::rights_for("get_queue_by_id")},
                                             {kSelect});
        select_by_id.look_into(sink, {pg::int8(id)});
    });
}

void list_queues(std::int64_t after_id, std::optional<std::int64_t> quantity, pg::RowSink& sink) {
    if (quantity) {
        core::check_quantity(*quantity, engine::max_batch_size());
    }
    pg::with_spi([&] {
        if (const auto some = engine::queues_in_reach(core::rights_for("list_queues"), {kSelect})) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights({kSelect});
            page_of_some.look_into(sink, {pg::int8(after_id), pg::int8(quantity), queues});
        } else {
            page_of_queues.look_into(sink, {pg::int8(after_id), pg::int8(quantity)});
        }
    });
}

std::int64_t count_queues() {
    return pg::with_spi([] {
        if (const auto some =
                engine::queues_in_reach(core::rights_for("count_queues"), {kSelect})) {
            const pg::Value queues = pg::int4_array(*some);
            const engine::StatementRights rights({kSelect});
            return count_of_some.look({queues}).int8(0, 1);
        }
        return count_of_queues.look({}).int8(0, 1);
    });
}

bool set_paused(std::string_view name, bool paused) {
    return pg::with_spi([&] {
        const engine::Access access{engine::find_queue(name).id, name,
                                    core::rights_for("pause_queue")};
        const pg::Value queue = pg::int4(access.queue);
        const engine::StatementRights rights(access, {kUpdate});
        const pg::Rows changed =
            paused ? pause.run({queue, pg::timestamptz(engine::clock_now())}) : resume.run({queue});
        // What changed nothing because the snapshot is too old shall not look like success.
        if (changed.empty() && is_paused.run_latest({queue}).empty() == paused) {
            engine::raise_vanished(name);
        }
        return !changed.empty();
    });
}

}  // namespace pgqrs::queue
