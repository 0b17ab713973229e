#include "workflow/run_workflows.hpp"

#include "core/limits.hpp"
#include "engine/clock.hpp"
#include "engine/wait.hpp"
#include "workflow/runner.hpp"

namespace pgqrs::workflow {
namespace {

std::vector<ServedQueue> look_up_queues(pg::TopLevel& top) {
    std::vector<ServedQueue> queues;
    const auto failure = top.attempt([&] {
        queues = served_queues();
        top.commit();
    });
    if (failure) {
        throw pg::FailedAgain(*failure);
    }
    return queues;
}

}  // namespace

std::int64_t run_workflows(pg::TopLevel& top, core::Duration timeout) {
    core::check_delay(timeout, "timeout");
    std::int64_t executed = 0;
    core::Duration deadline = engine::elapsed_clock() + timeout;
    // One that joins no list of waiters looks again and again.
    engine::Waiting waiting;
    for (;;) {
        const bool is_over = engine::elapsed_clock() >= deadline;
        const std::int64_t before = executed;
        for (const ServedQueue& queue : look_up_queues(top)) {
            executed += execute_next(top, queue.name, {}) ? 1 : 0;
        }
        if (executed > before) {
            deadline = engine::elapsed_clock() + timeout;
        } else if (is_over) {
            return executed;
        } else {
            waiting.sleep(deadline, core::kNever);
        }
    }
}

}  // namespace pgqrs::workflow
