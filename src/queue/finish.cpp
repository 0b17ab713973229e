#include "queue/finish.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/calendar.hpp"
#include "queue/archive.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

// The queue and its messages, held until the end of the transaction.
struct Held {
    explicit Held(std::string_view name)
        : queue(engine::hold_queue(name)),
          access{queue.id, name, core::rights_for("archive")},
          messages(engine::hold_table(engine::kMessages, engine::Purpose::write, access)),
          marks(engine::marks_of(messages.relation, queue.id)) {}

    engine::RowsById rows(const engine::SortedDeliveries& deliveries) const {
        return {messages, marks, deliveries.keys()};
    }

    engine::Queue queue;
    engine::Access access;
    engine::Table messages;
    engine::QueueMarks& marks;
};

std::vector<bool> extend_batch(std::string_view name, std::span<const engine::Delivery> deliveries,
                               core::Duration by) {
    core::check_visibility(by, "by");
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name);
    const pg::Value lease_end = pg::timestamptz(engine::clock_now() + by);
    const auto extend = [&](pg::Value* cells) {
        // A message without a lease is left alone.
        const bool leased = !cells[Column::vt].null;
        cells[Column::vt] = lease_end;
        return leased;
    };
    return sorted.done(engine::change_rows(held.rows(sorted),
                                           engine::row_edit(engine::places(Column::vt), extend)));
}

}  // namespace

bool archive(std::string_view name, const engine::Delivery& delivery) {
    return archive_batch(name, {&delivery, 1}).front();
}

bool remove(std::string_view name, const engine::Delivery& delivery) {
    return remove_batch(name, {&delivery, 1}).front();
}

bool release(std::string_view name, const engine::Delivery& delivery, const core::Span& delay) {
    return release_batch(name, {&delivery, 1}, delay).front();
}

bool extend_visibility(std::string_view name, const engine::Delivery& delivery, core::Duration by) {
    return extend_batch(name, {&delivery, 1}, by).front();
}

std::vector<bool> archive_batch(std::string_view name,
                                std::span<const engine::Delivery> deliveries) {
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name);
    const core::Instant now = engine::clock_now();
    const engine::RemovedRows removed = engine::remove_rows(held.rows(sorted), true);
    add_to_archive(held.marks, held.access, removed, now);
    return sorted.done(removed.places());
}

std::vector<bool> remove_batch(std::string_view name,
                               std::span<const engine::Delivery> deliveries) {
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name);
    const engine::RemovedRows removed = engine::remove_rows(held.rows(sorted), false);
    if (removed.count() > 0) {
        record_departures(held.marks, held.access,
                          {.finished = static_cast<std::int64_t>(removed.count())});
    }
    return sorted.done(removed.places());
}

std::vector<bool> release_batch(std::string_view name, std::span<const engine::Delivery> deliveries,
                                const core::Span& delay) {
    engine::check_delay(delay);
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name);
    const core::Instant now = engine::clock_now();
    const core::Instant due = pg::after(now, delay);
    const auto release = [&](pg::Value* cells) {
        // Without a delay, a message that already was available keeps its place in the order of
        // delivery.
        pg::Value& at = cells[Column::available_at];
        at = pg::timestamptz(due > now ? due : std::min(pg::timestamp_of(at), now));
        cells[Column::flags] = pg::int2(due > now ? 0 : core::kMadeAvailable);
        cells[Column::vt] = pg::null_of(TIMESTAMPTZOID);
        cells[Column::worker_id] = pg::null_of(INT8OID);
        return true;
    };
    const engine::Places written =
        engine::places(Column::available_at, Column::flags, Column::vt, Column::worker_id);
    const auto done =
        sorted.done(engine::change_rows(held.rows(sorted), engine::row_edit(written, release)));
    if (held.queue.notify) {
        engine::want_notice(held.marks, name);
    }
    return done;
}

void raise_lease_lost(std::string_view name, const engine::Delivery& delivery) {
    throw core::Error(core::SqlState::lease_lost,
                      "lease of message " + std::to_string(delivery.id) + " in queue \"" +
                          std::string(name) + "\" is lost",
                      delivery.read_ct
                          ? "The message is gone, has no lease, or was delivered again since."
                          : "The message is gone, or has no lease.");
}

void require_all(std::string_view name, std::span<const engine::Delivery> deliveries,
                 const std::vector<bool>& done) {
    // So that the error of a large batch can be read.
    constexpr std::size_t kNamed = 100;
    std::size_t lost = 0;
    std::string ids;
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
        if (!done[i] && lost++ < kNamed) {
            ids += (ids.empty() ? "" : ", ") + std::to_string(deliveries[i].id);
        }
    }
    if (lost == 0) {
        return;
    }
    if (lost > kNamed) {
        ids += " and " + std::to_string(lost - kNamed) + " more";
    }
    throw core::Error(
        core::SqlState::lease_lost,
        std::to_string(lost) + " of " + std::to_string(deliveries.size()) + " leases in queue \"" +
            std::string(name) + "\" are lost",
        "Lost: " + ids + ".",
        "Nothing was finished. Without strict, a row for each id says what was done.");
}

}  // namespace pgqrs::queue
