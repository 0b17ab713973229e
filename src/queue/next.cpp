#include "queue/next.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "queue/dead_letters.hpp"
#include "queue/finish.hpp"
#include "queue/held.hpp"

namespace pgqrs::queue {
namespace {

// pgqrs.next_message: the columns of a message, and whether the row tells of a lost lease instead.
constexpr auto kNextRow = [] {
    std::array<engine::ResultColumn, kMessageRow.size() + 1> row{};
    std::copy(kMessageRow.begin(), kMessageRow.end(), row.begin());
    row.back() = {engine::kFalse, BOOLOID};
    return row;
}();

void put_lost(const engine::Delivery& delivery, pg::RowSink& sink) {
    std::array<pg::Value, kNextRow.size()> row;
    for (std::size_t i = 0; i < row.size(); ++i) {
        row[i] = pg::null_of(kNextRow[i].type);
    }
    row.front() = pg::int8(delivery.id);
    row.back() = pg::boolean(true);
    sink.put(row);
}

}  // namespace

void next(std::span<const engine::Delivery> done, const DeliveryRequest& request,
          pg::RowSink& sink) {
    DeliveryRequest wanted = request;
    wanted.row = kNextRow;
    if (done.empty()) {
        dequeue(wanted, sink);
        return;
    }
    check_request(wanted);
    const engine::SortedDeliveries sorted(done);
    Presence worker(wanted.worker);
    constexpr core::Rights kRights = core::rights_for("next");
    const Held held(wanted.queue, kRights, "claim_runs");
    // First, so that the delivery cannot meet what is done.
    const std::vector<bool> counted = archive_batch(held, sorted);
    for (std::size_t i = 0; i < done.size(); ++i) {
        if (!counted[i]) {
            put_lost(done[i], sink);
        }
    }
    std::vector<std::int64_t> leaving = room_for_leaving(wanted.quantity);
    deliver(held, wanted, worker, leaving, sink);
    worker.note();
    take_out_leaving(wanted.queue, kRights, std::move(leaving));
}

}  // namespace pgqrs::queue
