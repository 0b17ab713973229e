#include "queue/queues.hpp"

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/producer_limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/queue_alone.hpp"
#include "engine/queue_cache.hpp"
#include "engine/settings.hpp"
#include "engine/slots.hpp"
#include "engine/tables.hpp"
#include "pg/report.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::queue {
namespace {

// No queue has this number.
constexpr std::int32_t kDeadLetterQueues = 0;

constinit pg::Statement insert_queue(R"sql(
    INSERT INTO pgqrs.queues (
        name, visibility_timeout, max_deliveries, description, notify, max_attempts, backoff,
        backoff_base, backoff_cap, backoff_jitter, dead_letter_queue, expires_after, max_messages,
        enqueue_rate, enqueue_burst, max_payload_bytes, max_depth, required_keys, forbidden_keys)
    VALUES (
        $1, $2, $3, $4, $5, $6, $7::pgqrs.backoff, $8, $9, $10, nullif($11, ''), nullif($12, '0'), $13,
        $14, $15, $16, $17, nullif($18, '{}'::text[]), nullif($19, '{}'::text[]))
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
        notify = coalesce($5, notify),
        max_attempts = coalesce($6, max_attempts),
        backoff = coalesce($7::pgqrs.backoff, backoff),
        backoff_base = coalesce($8, backoff_base),
        backoff_cap = coalesce($9, backoff_cap),
        backoff_jitter = coalesce($10, backoff_jitter),
        dead_letter_queue = nullif(coalesce($11, dead_letter_queue), ''),
        expires_after = nullif(coalesce($12, expires_after), '0'),
        max_messages = nullif(coalesce($13, max_messages), 0),
        enqueue_rate = nullif(coalesce($14, enqueue_rate), 0),
        enqueue_burst = nullif(coalesce($15, enqueue_burst), 0),
        max_payload_bytes = nullif(coalesce($16, max_payload_bytes), 0),
        max_depth = nullif(coalesce($17, max_depth), 0),
        required_keys = nullif(coalesce($18, required_keys), '{}'::text[]),
        forbidden_keys = nullif(coalesce($19, forbidden_keys), '{}'::text[])
    WHERE id = $1
        AND ($20 OR max_deliveries IS NOT DISTINCT FROM nullif(coalesce($3, max_deliveries), 0))
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
    if (settings.max_attempts) {
        core::check_max_attempts(*settings.max_attempts);
    }
    if (settings.backoff) {
        core::check_backoff_kind(*settings.backoff);
    }
    if (settings.backoff_jitter) {
        core::check_backoff_jitter(*settings.backoff_jitter);
    }
    if (settings.expires_after && *settings.expires_after != 0) {
        core::check_visibility(*settings.expires_after, "expires_after");
    }
}

void check_producer_limits(const QueueSettings& settings) {
    const auto check = [](const std::optional<std::int64_t>& value, std::int64_t most,
                          const char* setting) {
        if (value) {
            core::check_limit(*value, most, setting);
        }
    };
    check(settings.max_messages, core::kMostMessages, "max_messages");
    check(settings.enqueue_burst, INT32_MAX, "enqueue_burst");
    check(settings.max_payload_bytes, INT32_MAX, "max_payload_bytes");
    check(settings.max_depth, INT32_MAX, "max_depth");
    if (settings.enqueue_rate) {
        core::check_enqueue_rate(*settings.enqueue_rate);
        if (!engine::has_shared_memory()) {
            pg::raise_not_supported(
                "enqueue_rate needs shared memory",
                "Add pgqrs to shared_preload_libraries, and restart the server.");
        }
    }
}

// Takes the values out that only take a setting away.
template <class... Value>
void forget_zeros(std::optional<Value>&... settings) {
    const auto forget = [](auto& setting) {
        if (setting == 0) {
            setting.reset();
        }
    };
    (forget(settings), ...);
}

void check_notify(std::string_view name, const QueueSettings& settings) {
    if (settings.notify.value_or(false)) {
        core::check_notify_name(name);
    }
}

// Raises unless dead messages of the queue can go to that one, and end there: a ring of dead letter queues
// would send them round for ever. Nobody else changes such a setting until the end of the transaction.
void check_dead_letter_queue(std::string_view name, std::string_view target) {
    if (target.empty()) {
        return;
    }
    pg::lock_number(engine::find_table(engine::kQueues), kDeadLetterQueues,
                    pg::LockMode::exclusive);
    std::set<std::string, std::less<>> seen{std::string(name)};
    for (std::string next(target); !next.empty();) {
        if (!seen.insert(next).second) {
            throw core::Error(
                core::SqlState::invalid_argument,
                next == target && seen.size() == 1
                    ? "queue \"" + next + "\" cannot be its own dead letter queue"
                    : "dead letter queues of \"" + std::string(name) + "\" form a ring",
                next == target && seen.size() == 1
                    ? ""
                    : "The messages would come back to \"" + next + "\".");
        }
        // The first must be there; one that is missing further on ends the chain.
        const auto queue = next == target ? std::optional(engine::find_queue(next))
                                          : engine::find_queue_if_any(next);
        next = queue ? queue->dead_letter_queue : "";
    }
}

pg::Value keys_or_null(const std::optional<std::vector<std::string>>& keys) {
    return keys ? pg::text_array(*keys) : pg::null_of(TEXTARRAYOID);
}

engine::Access to_alter(const engine::Queue& queue, std::string_view name) {
    return {queue.id, name, core::rights_for("alter_queue")};
}

// Whoever manages a queue by a grant sends its dead messages only where he may send any.
void require_right_to_bury(std::string_view name, std::string_view target) {
    if (!target.empty()) {
        engine::require_access_too(
            {engine::find_queue(target).id, target, core::rights_for("enqueue")},
            to_alter(engine::find_queue(name), name), {kUpdate});
    }
}

// Only the call that holds the queue alone writes another max_deliveries.
pg::Rows update(std::string_view name, const QueueSettings& settings, bool alone) {
    const engine::Queue queue = engine::find_queue(name);
    core::check_backoff_times(settings.backoff_base.value_or(queue.backoff.base),
                              settings.backoff_cap.value_or(queue.backoff.cap));
    const core::PayloadRules rules = queue.limits ? queue.limits->payload : core::PayloadRules{};
    core::check_keys(settings.required_keys.value_or(rules.required_keys),
                     settings.forbidden_keys.value_or(rules.forbidden_keys));
    const engine::StatementRights rights(to_alter(queue, name), {kUpdate});
    return update_queue.run({pg::int4(queue.id),
                             pg::interval(settings.visibility_timeout),
                             pg::int4_checked(settings.max_deliveries),
                             pg::text(settings.description),
                             pg::boolean(settings.notify),
                             pg::int4_checked(settings.max_attempts),
                             pg::text(settings.backoff),
                             pg::interval(settings.backoff_base),
                             pg::interval(settings.backoff_cap),
                             pg::float8(settings.backoff_jitter),
                             pg::text(settings.dead_letter_queue),
                             pg::interval(settings.expires_after),
                             pg::int8(settings.max_messages),
                             pg::float8(settings.enqueue_rate),
                             pg::int4_checked(settings.enqueue_burst),
                             pg::int4_checked(settings.max_payload_bytes),
                             pg::int4_checked(settings.max_depth),
                             keys_or_null(settings.required_keys),
                             keys_or_null(settings.forbidden_keys),
                             pg::boolean(alone)});
}

// Together with the row, so that nobody waits for the queue while its new user waits for the row.
void hold_alone(std::string_view name) {
    engine::hold_name_alone(name, {.decide = [&] { engine::find_queue(name); },
                                   .lock_rows =
                                       [&] {
                                           const engine::Queue queue = engine::find_queue(name);
                                           const engine::StatementRights rights(
                                               to_alter(queue, name), {kUpdate});
                                           lock_queue.run_latest({pg::int4(queue.id)});
                                       }});
}

}  // namespace

pg::Rows create_queue(std::string_view name, const QueueSettings& settings, bool if_not_exists) {
    core::check_queue_name(name);
    check_settings(settings);
    check_producer_limits(settings);
    core::check_keys(settings.required_keys.value_or(std::vector<std::string>{}),
                     settings.forbidden_keys.value_or(std::vector<std::string>{}));
    check_notify(name, settings);
    core::check_backoff_times(*settings.backoff_base, *settings.backoff_cap);
    check_dead_letter_queue(name, settings.dead_letter_queue.value_or(""));
    // The queue that is in the way can be dropped before we look at it. A user's trigger that
    // suppresses the row must not keep us here for ever.
    for (int attempt = 0; attempt < 10; ++attempt) {
        const pg::Rows created = insert_queue.run(
            {pg::text(name), pg::interval(settings.visibility_timeout),
             pg::int4_checked(settings.max_deliveries), pg::text(settings.description),
             pg::boolean(settings.notify), pg::int4_checked(settings.max_attempts),
             pg::text(settings.backoff), pg::interval(settings.backoff_base),
             pg::interval(settings.backoff_cap), pg::float8(settings.backoff_jitter),
             pg::text(settings.dead_letter_queue), pg::interval(settings.expires_after),
             pg::int8(settings.max_messages), pg::float8(settings.enqueue_rate),
             pg::int4_checked(settings.enqueue_burst), pg::int4_checked(settings.max_payload_bytes),
             pg::int4_checked(settings.max_depth), keys_or_null(settings.required_keys),
             keys_or_null(settings.forbidden_keys)});
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
    forget_zeros(to_check.max_deliveries, to_check.max_messages, to_check.enqueue_rate,
                 to_check.enqueue_burst, to_check.max_payload_bytes, to_check.max_depth);
    check_settings(to_check);
    check_producer_limits(to_check);
    check_notify(name, settings);
    require_right_to_bury(name, settings.dead_letter_queue.value_or(""));
    check_dead_letter_queue(name, settings.dead_letter_queue.value_or(""));
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
