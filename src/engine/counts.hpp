// The counts of a queue (core/queue_counts.hpp) in its slot of shared memory: every commit adds to
// them what it changed (marks.hpp), and now and then they are counted anew in the tables:
//
//                        begin                 finish
//             no ----------------> under_way ----------> yes
//              ^                       |                  |
//              +-----------------------+------------------+
//                 a crash, an error while counting, COMMIT PREPARED, TRUNCATE
//
// The counts are zeroed at the beginning, and what was counted is added at the end. So they are right
// if each change is either counted or added. recount.hpp begins the counting so that this holds.
#pragma once

#include <cstdint>
#include <optional>

#include "core/queue_counts.hpp"
#include "core/scan_floor.hpp"
#include "engine/marks.hpp"

namespace pgqrs::engine {

// What shared memory knows of a queue at one moment.
struct QueueState {
    core::QueueCounts counts;
    core::Marks marks;
};

// The first try to count a queue anew may wait so long for a lock; each further one twice as long.
inline constexpr int kFirstPatience = 50;  // ms

// Nothing while its counts are not known.
std::optional<QueueState> shared_state(QueueMarks& queue);

// Whether to count the queue anew now: its counts are not known, nobody is at it, and the last try is
// long enough ago. The process that is told so is the one to try, and learns how many milliseconds it may
// wait for a lock.
std::optional<int> take_recount(QueueMarks& queue);

// A recount; at most one in a process. When it ends without finish(), the counts are not known.
class Recount {
public:
    Recount() = default;
    ~Recount();
    Recount(const Recount&) = delete;
    Recount& operator=(const Recount&) = delete;

    // From now on what is committed counts. False when somebody else has begun before.
    bool begin(QueueMarks& queue);
    // Adds what there was when it began.
    void finish(const core::QueueCounts& counted);
};

// What ~Recount does, for a process that ends without it. Never raises.
void abandon_recount() noexcept;

// Nothing is known any more of the counts of a queue, or with queue 0 of all with their messages in
// the relation. Never raises.
void distrust_counts(const QueueKey& queue) noexcept;

}  // namespace pgqrs::engine
