#include "queue/cancel.hpp"

#include "engine/clock.hpp"
#include "queue/archive.hpp"
#include "queue/held.hpp"

namespace pgqrs::queue {

using Column = engine::MessageColumn;

std::vector<CancelResult> cancel(std::string_view name, std::span<const std::int64_t> ids) {
    std::vector<engine::Delivery> deliveries;
    for (const std::int64_t id : ids) {
        deliveries.push_back({id, std::nullopt});
    }
    const engine::SortedDeliveries sorted(deliveries);
    const Held held(name, core::rights_for("cancel"), "cancel_run");
    const core::Instant now = engine::clock_now();
    std::vector<CancelResult> results(ids.size(), CancelResult::not_found);

    const core::DeliveryRule rule = held.queue.rule();
    const auto is_idle = [&](const core::Message& row, pg::Value*) {
        return !core::is_leased(row, rule, now);
    };
    const engine::RemovedRows removed =
        engine::remove_rows(held.rows(sorted), true, engine::row_edit(0, is_idle));
    add_to_archive(held.marks, held.access, removed, now,
                   [](const core::Message&) { return core::Outcome::cancelled; });
    for (const std::size_t place : removed.places()) {
        results[sorted.index(place)] = CancelResult::cancelled;
    }
    if (removed.count() == ids.size()) {
        return results;
    }

    const auto mark = [](const core::Message& row, pg::Value* cells) {
        cells[Column::flags] =
            pg::int2(static_cast<std::int16_t>(row.flags | core::kToBeCancelled));
        return true;
    };
    for (const std::size_t place : engine::change_rows(
             held.rows(sorted), engine::row_edit(engine::places(Column::flags), mark))) {
        results[sorted.index(place)] = CancelResult::requested;
    }
    return results;
}

}  // namespace pgqrs::queue
