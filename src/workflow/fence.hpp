// Whether a call about a run comes from the worker that has it.
//
// Every call of a worker passes the run and the read_ct of its delivery. They are compared with the newest
// version of the run's message in every isolation level, under a lock that lasts until the end of the
// transaction: while it lasts, nobody else can be given the run, however late that is. The lock table is in
// doc/architecture.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/message.hpp"
#include "engine/marks.hpp"
#include "engine/queue_cache.hpp"
#include "engine/row_lock.hpp"
#include "engine/table.hpp"

namespace pgqrs::workflow {

// A run whose message is there, with its queue.
class LiveRun {
public:
    // Nothing when the run has no message: it has ended, or never was. is_consequence: as in engine::Access.
    static std::optional<LiveRun> find(std::int64_t run, core::Rights rights,
                                       bool is_consequence = false);

    std::int64_t id() const { return message_.id; }
    const core::Message& message() const { return message_; }
    const engine::Queue& queue() const { return queue_; }
    std::string_view queue_name() const { return name_; }
    // Valid as long as this object.
    engine::Access access() const { return {queue_.id, name_, rights_, is_consequence_}; }
    engine::QueueMarks& marks() const;
    // The table of messages, for direct writes with these rights.
    engine::Table messages() const;

    // Locks the message and looks at it again. False when it is gone, or left to who has it.
    bool lock(engine::RowLock lock, engine::OnLocked on_locked);

    // Whether a worker has the run now.
    bool is_leased() const;

private:
    LiveRun(const core::Message& message, std::string name, const engine::Queue& queue,
            core::Rights rights, bool is_consequence)
        : message_(message),
          name_(std::move(name)),
          queue_(queue),
          rights_(rights),
          is_consequence_(is_consequence) {}

    core::Message message_;
    std::string name_;
    engine::Queue queue_;
    core::Rights rights_;
    bool is_consequence_;
};

// What a worker is about to do with its run: to record something of it, to end it, or to have it wait. Only
// records of one run go on at the same time.
enum class Hold { record, end, suspend };

// The run of the caller, locked. Raises PQ001 when it is not his any more, PQ017 when there is no such run,
// PQ024 for Hold::suspend when a transaction is open that records something. Hold::record renews the lease
// when less than half of it is left.
LiveRun hold_run(std::int64_t run, std::int64_t read_ct, core::Rights rights, Hold hold);

// The same without a lock, for a call that only reads: what it reads must be true for good.
LiveRun own_run(std::int64_t run, std::int64_t read_ct, core::Rights rights);

// Raises PQ017, or PQ001 for a run that has ended, or 42501 without the right to know.
[[noreturn]] void raise_not_live(std::int64_t run, core::Rights rights);

// What somebody asked of the run, as committed by now. Hold the run: those who ask lock it, too.
struct Requests {
    bool cancel = false;
    bool pause = false;
    std::string reason;         // of the cancellation
    bool with_children = true;  // whether it reaches the children
};
Requests requests_of(const LiveRun& run);
// The same. Raises PQ022 when the run is to be cancelled.
Requests refuse_cancelled(const LiveRun& run);

}  // namespace pgqrs::workflow
