// See finishing.hpp.
#include "queue/finish.hpp"

#include "pg/catalog.hpp"
#include "engine/clock.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/archive.hpp"
#include "queue/totals.hpp"
#include "engine/change.hpp"
#include "engine/queue_cache.hpp"
#include "engine/deliveries.hpp"
#include "engine/journal.hpp"

namespace pgqrs::queue {
namespace {

struct Statements {
    explicit Statements(const engine::MessageTable& table)
        : find(R"sql(
            SELECT 1
            FROM {table} AS m
            WHERE m.{id} = $2
                AND m.{queue_id} = $1
                AND ($3 IS NULL OR m.{read_ct} = $3)
            )sql",
               table) {}
    engine::TableStatement find;
};

bool exists(std::int32_t queue_id, const engine::Delivery& delivery, bool latest) {
    return pg::with_spi([&] {
        const auto values = {pg::int4(queue_id), pg::int8(delivery.id), pg::int4(delivery.read_ct)};
        pg::Statement& statement = *engine::statements_of<Statements>().find;
        return !(latest ? statement.run_latest(values) : statement.run(values)).empty();
    });
}

// For finishes that found nothing: a snapshot that is too old to see the message shall not look like
// a lost lease.
void check_snapshot(std::int32_t queue_id, std::span<const engine::Delivery> deliveries,
                    const std::vector<bool>& done) {
    for (std::size_t i = 0; pg::has_transaction_snapshot() && i < deliveries.size(); ++i) {
        if (!done[i] && exists(queue_id, deliveries[i], true) &&
            !exists(queue_id, deliveries[i], false)) {
            pg::raise_serialization_failure();
        }
    }
}

std::vector<bool> extend_batch(std::string_view name, std::span<const engine::Delivery> deliveries,
                               core::Duration by) {
    core::check_visibility(by, "by");
    const engine::SortedDeliveries sorted(deliveries);
    const engine::Queue queue = engine::hold_queue(name);
    const auto done = sorted.done(
        engine::extend_messages(engine::kMessages, queue.id, sorted, engine::clock_now() + by));
    check_snapshot(queue.id, deliveries, done);
    return done;
}

}  // namespace

bool archive(std::string_view name, const engine::Delivery& delivery) {
    return archive_batch(name, {&delivery, 1}).front();
}

bool remove(std::string_view name, const engine::Delivery& delivery) {
    return remove_batch(name, {&delivery, 1}).front();
}

bool release(std::string_view name, const engine::Delivery& delivery, core::Duration delay) {
    return release_batch(name, {&delivery, 1}, delay).front();
}

bool extend_visibility(std::string_view name, const engine::Delivery& delivery, core::Duration by) {
    return extend_batch(name, {&delivery, 1}, by).front();
}

std::vector<bool> archive_batch(std::string_view name,
                                std::span<const engine::Delivery> deliveries) {
    const engine::SortedDeliveries sorted(deliveries);
    const engine::Queue queue = engine::hold_queue(name);
    const engine::Timestamp now = engine::clock_now();
    const engine::RemovedMessages removed =
        engine::remove_messages(engine::kMessages, queue.id, sorted, engine::Values::all);
    add_to_archive(queue.id, removed, now);
    const auto done = sorted.done(removed.places());
    check_snapshot(queue.id, deliveries, done);
    return done;
}

std::vector<bool> remove_batch(std::string_view name,
                               std::span<const engine::Delivery> deliveries) {
    const engine::SortedDeliveries sorted(deliveries);
    const engine::Queue queue = engine::hold_queue(name);
    const engine::RemovedMessages removed =
        engine::remove_messages(engine::kMessages, queue.id, sorted, engine::Values::fixed_length);
    const auto done = sorted.done(removed.places());
    check_snapshot(queue.id, deliveries, done);
    if (removed.count() > 0) {
        record_departures(queue.id, static_cast<std::int64_t>(removed.count()), 0);
    }
    return done;
}

std::vector<bool> release_batch(std::string_view name, std::span<const engine::Delivery> deliveries,
                                core::Duration delay) {
    core::check_delay(delay, "delay");
    const engine::SortedDeliveries sorted(deliveries);
    const engine::Queue queue = engine::hold_queue(name);
    // At once is not now: see engine::release_messages().
    const auto at = delay == 0 ? std::nullopt : std::optional(engine::clock_now() + delay);
    const auto done =
        sorted.done(engine::release_messages(engine::kMessages, queue.id, sorted, at));
    if (queue.notify) {
        engine::want_notice(pg::relation_oid(engine::kMessages.table.relation), queue.id, name);
    }
    check_snapshot(queue.id, deliveries, done);
    return done;
}

}  // namespace pgqrs::queue
