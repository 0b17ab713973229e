#include "engine/queue_cache.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "core/nearest_name.hpp"
#include "pg/invalidation.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "engine/upkeep.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::engine {
namespace {

using Registry = std::map<std::string, Queue, std::less<>>;

// A backend that uses ever new queues forgets them all now and then.
constexpr std::size_t kMostQueues = 4096;

// Lives as long as the backend. Emptied at the next look-up after `stale` was set.
constinit Registry* registry = nullptr;
constinit bool stale = false;
// How often it was emptied because of that, and one more.
constinit std::uint32_t generation = 1;
constinit Oid queues_relation = InvalidOid;

constinit pg::Statement select_queue(R"sql(
    SELECT
        id, max_deliveries, visibility_timeout, paused_at IS NOT NULL, notify, max_attempts,
        backoff::text, backoff_base, backoff_cap, backoff_jitter,
        coalesce(expires_after, '0'), coalesce(dead_letter_queue, ''), coalesce(max_messages, 0),
        coalesce(enqueue_rate, 0), coalesce(enqueue_burst, 0), coalesce(max_payload_bytes, 0),
        coalesce(max_depth, 0), coalesce(required_keys, '{}'), coalesce(forbidden_keys, '{}'),
        holds_runs
    FROM pgqrs.queues
    WHERE name = $1
)sql");

constinit pg::Statement select_name("SELECT name FROM pgqrs.queues WHERE id = $1");

// Whether a queue of a name exists is no secret from who may call the functions; what is in it, is.
pg::Rows select(pg::Statement& statement, const pg::Value& value) {
    const StatementRights rights({{&kQueues, ACL_SELECT}});
    return statement.run_latest({value});
}

// Names that may have been meant: the neighbours in order have the same beginning, and the rest is bounded, so that an
// error takes no time in proportion to the queues. The caller's own rights count.
constinit pg::Statement select_near(R"sql(
    SELECT name
    FROM (
        (SELECT name FROM pgqrs.queues WHERE name >= $1 ORDER BY name LIMIT 50)
        UNION ALL
        (SELECT name FROM pgqrs.queues WHERE name < $1 ORDER BY name DESC LIMIT 50)
        UNION ALL
        (SELECT name FROM pgqrs.queues LIMIT 1000)
    ) AS near
)sql");

[[noreturn]] void raise_not_found(std::string_view name, const std::string& hint = {}) {
    throw core::Error(core::SqlState::queue_not_found,
                      "queue \"" + std::string(name) + "\" does not exist", "", hint);
}

std::string hint_for(std::string_view name) {
    if (!has_own_rights({&kQueues, ACL_SELECT})) {
        return "";
    }
    core::NearestName nearest(name);
    const pg::Rows rows = select_near.run_latest({pg::text(name)});
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        nearest.offer(pg::text_of(rows.at(row, 1)));
    }
    return nearest.found().empty() ? ""
                                   : "Perhaps you meant the queue \"" + nearest.found() + "\".";
}

// Of the row of a queue.
std::shared_ptr<const core::ProducerLimits> limits_of(const pg::Rows& rows) {
    core::ProducerLimits limits;
    limits.max_messages = rows.int8(0, 13);
    limits.rate.rate = rows.float8(0, 14);
    const std::int32_t burst = rows.int4(0, 15);
    limits.rate.burst = burst > 0 ? burst : core::default_burst(limits.rate.rate);
    limits.payload.max_payload_bytes = rows.int4(0, 16);
    limits.payload.max_depth = rows.int4(0, 17);
    limits.payload.required_keys = pg::texts_of(rows.at(0, 18));
    limits.payload.forbidden_keys = pg::texts_of(rows.at(0, 19));
    return limits.any() ? std::make_shared<const core::ProducerLimits>(std::move(limits)) : nullptr;
}

std::optional<Queue> load(std::string_view name) {
    want_upkeep();
    // Before the query, so that a change committed while it runs marks the copy as stale.
    queues_relation = find_table(kQueues);
    return pg::with_spi([&]() -> std::optional<Queue> {
        const pg::Rows rows = select(select_queue, pg::text(name));
        if (rows.empty()) {
            return std::nullopt;
        }
        Queue queue{.id = rows.int4(0, 1),
                    .max_deliveries = rows.optional_int4(0, 2).value_or(core::kUnlimitedDeliveries),
                    .visibility_timeout = rows.interval(0, 3),
                    .paused = rows.boolean(0, 4),
                    .notify = rows.boolean(0, 5),
                    .holds_runs = rows.boolean(0, 20),
                    .max_attempts = rows.int4(0, 6),
                    .backoff = {.kind = core::backoff_kind(pg::text_of(rows.at(0, 7)))
                                            .value_or(core::BackoffKind::exponential),
                                .base = rows.interval(0, 8),
                                .cap = rows.interval(0, 9),
                                .jitter = rows.float8(0, 10)},
                    .expires_after = rows.interval(0, 11)};
        // A longer name, written by hand, is no queue's.
        const std::string_view dead_letter_queue = pg::text_of(rows.at(0, 12));
        if (dead_letter_queue.size() < sizeof queue.dead_letter_queue) {
            dead_letter_queue.copy(queue.dead_letter_queue, dead_letter_queue.size());
        }
        queue.limits = limits_of(rows);
        queue.dead_workers = find_dead_workers(queue.id);
        queue.known_since = generation;
        return queue;
    });
}

void forget_if_stale() {
    if (registry == nullptr) {
        registry = new Registry;
        queues_relation = find_table(kQueues);
        pg::watch_changes(&queues_relation, &stale);
    }
    if (stale) {
        registry->clear();
        stale = false;
        ++generation;
    }
}

std::optional<Queue> look_up_if_any(std::string_view name) {
    forget_if_stale();
    const auto found = registry->find(name);
    if (found != registry->end()) {
        return found->second;
    }
    const std::optional<Queue> queue = load(name);
    if (!queue) {
        return std::nullopt;
    }
    if (registry->size() >= kMostQueues) {
        registry->clear();
    }
    registry->emplace(name, *queue);
    return queue;
}

Queue look_up(std::string_view name) {
    const std::optional<Queue> queue = look_up_if_any(name);
    if (!queue) {
        core::check_queue_name(name);
        raise_not_found(name, pg::with_spi([&] { return hint_for(name); }));
    }
    return *queue;
}

void lock(std::string_view name, pg::LockMode mode) {
    Oid locked = InvalidOid;
    // The extension can be dropped and created again while we wait.
    for (Oid queues = find_table(kQueues); queues != locked; queues = find_table(kQueues)) {
        pg::lock_name(queues, name, mode);
        locked = queues;
    }
}

}  // namespace

void accept_queue_changes() { pg::accept_announcements(); }

std::uint32_t queues_generation() {
    accept_queue_changes();
    forget_if_stale();
    return generation;
}

bool queues_changed_since(std::uint32_t known_since) {
    if (known_since == 0) {
        return false;
    }
    accept_queue_changes();
    return stale || known_since != generation;
}

Queue find_queue(std::string_view name) {
    accept_queue_changes();
    return look_up(name);
}

Queue hold_queue(std::string_view name) {
    lock(name, pg::LockMode::shared);
    return look_up(name);
}

std::optional<Queue> find_queue_if_any(std::string_view name) {
    accept_queue_changes();
    return name.empty() ? std::nullopt : look_up_if_any(name);
}

std::optional<Queue> hold_queue_if_any(std::string_view name) {
    if (name.empty()) {
        return std::nullopt;
    }
    lock(name, pg::LockMode::shared);
    return look_up_if_any(name);
}

Queue hold_queue_alone(std::string_view name) {
    lock(name, pg::LockMode::exclusive);
    return look_up(name);
}

std::string queue_name(std::int32_t id) {
    accept_queue_changes();
    if (registry != nullptr && !stale) {
        for (const auto& [name, queue] : *registry) {
            if (queue.id == id) {
                return name;
            }
        }
    }
    std::string name = pg::with_spi([&] {
        const pg::Rows rows = select(select_name, pg::int4(id));
        return rows.empty() ? std::string() : std::string(pg::text_of(rows.at(0, 1)));
    });
    // So that it is found there the next time.
    find_queue_if_any(name);
    return name;
}

void hold_queue_of_row(std::int32_t id) {
    pg::with_spi([&] {
        const pg::Rows rows = select(select_name, pg::int4(id));
        if (rows.empty() || hold_queue(pg::text_of(rows.at(0, 1))).id != id) {
            throw core::Error(core::SqlState::queue_not_found,
                              "queue with id " + std::to_string(id) + " does not exist");
        }
    });
}

void raise_vanished(std::string_view name) {
    if (pg::has_transaction_snapshot()) {
        pg::raise_serialization_failure();
    }
    raise_not_found(name);
}

void announce_queues_changed() { pg::announce_change(find_table(kQueues)); }

}  // namespace pgqrs::engine
