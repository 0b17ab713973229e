// One step of a worker's loop: finishing what is done, and taking the next messages, in one call.
#pragma once

#include <span>

#include "engine/deliveries.hpp"
#include "pg/rows.hpp"
#include "queue/consume.hpp"

namespace pgqrs::queue {

// Archives the deliveries in `done`, then delivers as dequeue() does. Puts rows of pgqrs.next_message into
// the sink: one for each delivery that was not finished, in the order given, then the messages. With
// deliveries to finish it does not wait for messages, so that its transaction can commit at once. Raises
// what archive_batch() and dequeue() raise.
void next(std::span<const engine::Delivery> done, const DeliveryRequest& request,
          pg::RowSink& sink);

}  // namespace pgqrs::queue
