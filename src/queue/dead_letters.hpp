// Taking messages out of their queue: those that died go to its dead letter queue, if it has one, and all
// others to the archive.
//
// Taking one to the dead letter queue is an UPDATE: the id, the fence and the history stay. There its
// deliveries and failures count anew, it does not expire, and origin_id says where it comes from.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "queue/archive.hpp"
#include "queue/held.hpp"

namespace pgqrs::queue {

// A queue, and its dead letter queue if there is one, both held until the end of the transaction. They are
// taken in the order of their names, as by everybody.
class WithDeadLetterQueue {
public:
    // `rights`: as in Held. Whoever may take messages out of the queue may put them into its dead letter queue.
    WithDeadLetterQueue(std::string_view name, core::Rights rights);

    Held queue;
    std::optional<engine::Queue> target;

private:
    // Holds the target first when its name comes first.
    static std::optional<engine::Queue> target_of(std::string_view name, bool before);
    WithDeadLetterQueue(std::string_view name, core::Rights rights,
                        std::optional<engine::Queue> before);
};

// Takes out the rows that are accepted, and tells of each, by the place of its key, with its outcome.
// `failures` of each are not counted in its row yet. `accept` runs below a guard, as a RowEdit does.
void take_out(const WithDeadLetterQueue& held, const engine::RowsById& rows,
              const engine::RowEdit& accept, const OutcomeOf& outcome_of, std::int16_t failures,
              core::Instant now, const std::function<void(std::size_t, core::Outcome)>& taken);

// Takes out those of the messages that are on their way out, unless somebody else has them locked:
// exhausted, expired and cancelled ones. Answers their number. Whatever goes wrong is undone, and leaves
// them to the next who meets them: the caller came for something else. In REPEATABLE READ and SERIALIZABLE
// it does nothing.
std::size_t take_out_leaving(std::string_view queue, core::Rights rights,
                             std::vector<std::int64_t> ids);

}  // namespace pgqrs::queue
