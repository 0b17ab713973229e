#include "queue/finish.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/journal.hpp"
#include "engine/queue_cache.hpp"
#include "engine/tables.hpp"
#include "pg/calendar.hpp"
#include "queue/archive.hpp"
#include "queue/held.hpp"
#include "queue/presence.hpp"
#include "queue/totals.hpp"

namespace pgqrs::queue {
namespace {

using Column = engine::MessageColumn;

constexpr core::Rights kFinish = core::rights_for("archive");

// A message that somebody wanted cancelled leaves as such, whatever its consumer made of it.
core::Outcome outcome_of_finish(const core::Message& message) {
    return (message.flags & core::kToBeCancelled) != 0 ? core::Outcome::cancelled
                                                       : core::Outcome::done;
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
    return extend_batch(name, {&delivery, 1}, by).front().done;
}

std::vector<Extension> extend_batch(std::string_view name,
                                    std::span<const engine::Delivery> deliveries,
                                    core::Duration by) {
    core::check_visibility(by, "by");
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name, kFinish);
    const core::DeliveryRule rule = held.queue.rule();
    const pg::Value lease_end = pg::timestamptz(engine::clock_now() + by);
    const auto keys = sorted.keys();
    std::vector<core::Message> seen(keys.size());  // by the place of the first key with the id
    const auto first_key = [&](std::int64_t id) {
        const auto before = [](const engine::RowKey& key, std::int64_t wanted) {
            return key.id < wanted;
        };
        return std::lower_bound(keys.begin(), keys.end(), id, before) - keys.begin();
    };
    const auto extend = [&](const core::Message& row, pg::Value* cells) {
        // Without a lease there is nothing to extend, and that of a dead worker has ended for good.
        if (cells[Column::vt].null || rule.is_dead(row.worker_id)) {
            return false;
        }
        seen[static_cast<std::size_t>(first_key(row.id))] = row;
        cells[Column::vt] = lease_end;
        return true;
    };
    const auto row_of = [&](std::size_t place) -> const core::Message& {
        return seen[static_cast<std::size_t>(first_key(keys[place].id))];
    };
    const auto extended = engine::change_rows(held.rows(sorted),
                                              engine::row_edit(engine::places(Column::vt), extend));
    std::vector<std::int64_t> workers;
    for (const std::size_t place : extended) {
        workers.push_back(row_of(place).worker_id);
    }
    const auto dead = note_extension(held, std::move(workers));
    std::vector<Extension> result(deliveries.size());
    for (const std::size_t place : extended) {
        const core::Message& row = row_of(place);
        const bool done = !std::binary_search(dead.begin(), dead.end(), row.worker_id);
        result[sorted.index(place)] = {done, done && (row.flags & core::kToBeCancelled) != 0};
    }
    return result;
}

std::vector<bool> archive_batch(std::string_view name,
                                std::span<const engine::Delivery> deliveries) {
    const engine::SortedDeliveries sorted(deliveries);
    return archive_batch(Held(name, kFinish, "complete_run"), sorted);
}

std::vector<bool> archive_batch(const Held& held, const engine::SortedDeliveries& deliveries) {
    const core::Instant now = engine::clock_now();
    const engine::RemovedRows removed = engine::remove_rows(held.rows(deliveries), true);
    add_to_archive(held.marks, held.access, removed, now, outcome_of_finish);
    return deliveries.done(removed.places());
}

std::vector<bool> remove_batch(std::string_view name,
                               std::span<const engine::Delivery> deliveries) {
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name, kFinish, "complete_run");
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
    const Held held(name, kFinish, "release_run");
    const core::Instant now = engine::clock_now();
    const core::Instant due = pg::after(now, delay);
    const auto release = [&](const core::Message& row, pg::Value* cells) {
        // Without a delay, a message that already was available keeps its place in the order of
        // delivery.
        pg::Value& at = cells[Column::available_at];
        at = pg::timestamptz(due > now ? due : std::min(pg::timestamp_of(at), now));
        give_back(row, due > now ? 0 : core::kMadeAvailable, cells);
        return true;
    };
    const engine::Places written = kGivenBack | engine::places(Column::available_at);
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
