// Delivering messages: choosing the next ones, leasing, popping and peeking at them.
// The states of a message are drawn in doc/architecture.md.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "engine/claim.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "queue/held.hpp"
#include "queue/presence.hpp"

namespace pgqrs::queue {

// The columns of pgqrs.message.
inline constexpr std::array<engine::ResultColumn, 11> kMessageRow = {
    {{engine::MessageColumn::id, INT8OID},
     {engine::kQueueName, TEXTOID},
     {engine::MessageColumn::payload, JSONBOID},
     {engine::MessageColumn::headers, JSONBOID},
     {engine::MessageColumn::priority, INT2OID},
     {engine::MessageColumn::read_ct, INT4OID},
     {engine::MessageColumn::attempt, INT2OID},
     {engine::MessageColumn::enqueued_at, TIMESTAMPTZOID},
     {engine::MessageColumn::available_at, TIMESTAMPTZOID},
     {engine::MessageColumn::vt, TIMESTAMPTZOID},
     {engine::MessageColumn::worker_id, INT8OID}}};

struct DeliveryRequest {
    std::string_view queue;
    std::int64_t quantity = 1;
    std::optional<core::Duration> visibility = {};  // none: the queue's
    std::optional<std::int64_t> worker = {};
    core::Duration wait = 0;  // how long to wait for a message when there is none
    std::span<const engine::ResultColumn> row = kMessageRow;  // what the sink takes
    core::Rights rights = core::rights_for("dequeue");
    // For runs of workflows instead of messages; else PQ023.
    bool runs = false;
    // Called before each attempt to deliver. Answers whether it did what must be kept although nothing is
    // delivered: then the call returns before its wait is over, for what was locked stays so until the end of
    // the transaction.
    std::function<bool(const Held& held)> prepare = {};
};

// Leases up to `quantity` messages and puts them into the sink in the order of delivery. Skips rows
// other transactions have locked. Raises PQ002, PQ008, PQ009, PQ010.
//
// While it waits it holds no lock, but the snapshot of the calling statement; hence at most
// pgqrs.max_wait.
void dequeue(const DeliveryRequest& request, pg::RowSink& sink);
// The same, and answers only the ids.
std::vector<std::int64_t> dequeue_ids(const DeliveryRequest& request);

// The parts of a dequeue that does not wait, for a larger call. The first raises what is wrong with the request
// whatever the queue. The second answers how many messages it delivered, and notes those on their way out that
// it met, for take_out_leaving() (dead_letters.hpp) at the end of the call. The worker is that of the request; its
// sign of life is to be noted at the end, too.
void check_request(const DeliveryRequest& request);
// Raises PQ009 for a wait over pgqrs.max_wait, PQ010 for a negative one, or where what comes later is not seen.
void check_wait(core::Duration wait);
std::int64_t deliver(const Held& held, const DeliveryRequest& request, Presence& worker,
                     std::vector<std::int64_t>& leaving, pg::RowSink& sink);

// Has room for as many as one call may take out.
std::vector<std::int64_t> room_for_leaving(std::int64_t quantity);

// Waits until the queue has a message that nobody has locked, and answers true; false when there is
// none after the timeout. Looks in a transaction each time, which `end_transaction` must end; holds no
// lock and no snapshot while it sleeps. `prepare_runs` is called before each look at a queue that holds runs.
bool wait_for_message(const std::string& queue, core::Duration timeout,
                      const std::function<void()>& end_transaction,
                      const std::function<void(const Held& held)>& prepare_runs);

// Deletes up to `quantity` messages in the order of delivery and puts them into the sink.
void pop(std::string_view queue, std::int64_t quantity, pg::RowSink& sink);

// Puts the next `quantity` messages into the sink and changes nothing.
void peek(std::string_view queue, std::int64_t quantity, pg::RowSink& sink);

}  // namespace pgqrs::queue
