#include "bgw/runner.hpp"

#include <algorithm>
#include <map>

#include "core/limits.hpp"
#include "core/rights.hpp"
#include "engine/clock.hpp"
#include "engine/marks.hpp"
#include "engine/runner_pool.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/boundary.hpp"
#include "pg/spi.hpp"
#include "pg/top_level.hpp"
#include "pg/transaction.hpp"
#include "queue/worker_life.hpp"
#include "queue/workers.hpp"
#include "workflow/runner.hpp"

namespace pgqrs::bgw {
namespace {

constexpr pg::WorkerProgram kRunner = {
    .name = "pgqrs runner", .function = "pgqrs_runner", .restarts = false};

// DROP DATABASE waits five seconds for others to leave.
constexpr core::Duration kIdleTime = 2 * core::kSecond;
// After it other owners have their turn.
constexpr core::Duration kTurn = core::kSecond;
// A queue that cannot be read, or shows something that cannot be taken, is left alone for so long.
constexpr core::Duration kPauseAfterError = 10 * core::kSecond;
constexpr core::Duration kPauseWithoutRoom = core::kSecond;

constinit int own_post = -1;

// The last thing of the process: the run it executes goes on elsewhere, and somebody looks what else there is.
void leave(int, Datum) {
    if (own_post < 0) {
        return;
    }
    pg::end_transaction_at_exit([] { workflow::give_back_executed_run(); });
    engine::desert_post(own_post);
}

class Runner {
public:
    Runner(int post, const engine::Executor& executor) : post_(post), executor_(executor) {}

    // Works until there is nothing to do.
    void run() {
        const core::Duration began = engine::elapsed_clock();
        core::Duration busy_until = began;
        for (bool idle = false;;) {
            pg::attend_to_signals();
            const bool any = look();
            // It may have taken long.
            pg::attend_to_signals();
            const core::Duration now = engine::elapsed_clock();
            if (any) {
                busy_until = now;
                if (idle) {
                    engine::become_busy(post_);
                    idle = false;
                }
                if (now - began >= kTurn &&
                    engine::is_post_wanted(post_, engine::workflow_runners())) {
                    break;
                }
            } else if (is_gone_) {
                break;
            } else if (!idle) {
                engine::become_idle(post_);
                idle = true;
            } else if (now - busy_until >= kIdleTime ||
                       engine::is_post_wanted(post_, engine::workflow_runners())) {
                const core::Instant next = next_event();
                sign_off();
                if (engine::leave_post(post_, next)) {
                    own_post = -1;
                    return;
                }
                idle = false;
            } else {
                sleep(busy_until + kIdleTime);
            }
        }
        sign_off();
    }

private:
    struct Known {
        std::optional<std::int64_t> worker = {};
        core::Duration not_before = 0;
        core::Instant next_event = core::kNever;
    };

    // Executes a run of each queue; answers whether there was one.
    bool look() {
        pg::TopLevel top;
        bool any = false;
        std::vector<workflow::ServedQueue> queues;
        log(top.attempt([&] {
            is_gone_ = !pg::hold_extension(engine::kExtension);
            if (!is_gone_) {
                queues = workflow::served_queues();
            }
            top.commit();
        }));
        std::erase_if(known_, [&](const auto& known) {
            return std::none_of(queues.begin(), queues.end(),
                                [&](const auto& queue) { return queue.id == known.first; });
        });
        for (const workflow::ServedQueue& queue : queues) {
            any = execute_one(top, queue, known_[queue.id]) || any;
        }
        top.finish();
        return any;
    }

    bool execute_one(pg::TopLevel& top, const workflow::ServedQueue& queue, Known& known) {
        if (engine::elapsed_clock() < known.not_before) {
            return false;
        }
        try {
            sign_on(top, queue, known);
            if (workflow::execute_next(top, queue.name, {known.worker, core::kMaxVisibility})) {
                return true;
            }
        } catch (const pg::FailedAgain& error) {
            log(error.failure());
            // A run that it may still have must not wait for the end of this process.
            if (known.worker) {
                log(top.attempt([&] {
                    pg::with_spi([&] { queue::stop_worker(*known.worker); });
                    top.commit();
                }));
            }
            known.worker.reset();
            known.not_before = engine::elapsed_clock() + kPauseAfterError;
        }
        log(top.attempt([&] { known.next_event = engine::next_event_of(marks_of(queue.id)); }));
        return false;
    }

    void sign_on(pg::TopLevel& top, const workflow::ServedQueue& queue, Known& known) {
        const auto failure = top.attempt([&] {
            engine::QueueMarks& marks = marks_of(queue.id);
            engine::set_executing_owner(marks, executor_.owner);
            engine::begin_look_of_runner(marks);
            if (!known.worker) {
                known.worker = queue::register_worker({.queue = queue.name,
                                                       .name = "pgqrs-runner",
                                                       .hostname = std::nullopt,
                                                       .pid = std::nullopt,
                                                       .metadata = std::nullopt,
                                                       .session = true});
                top.commit();
            }
        });
        if (failure) {
            throw pg::FailedAgain(*failure);
        }
    }

    void sign_off() {
        pg::TopLevel top;
        for (const auto& [queue, known] : known_) {
            if (known.worker) {
                log(top.attempt([&] {
                    queue::delete_worker(*known.worker);
                    top.commit();
                }));
            }
        }
        known_.clear();
        top.finish();
    }

    // Of what it cannot take although it could be there it leaves the look to somebody else, later.
    core::Instant next_event() const {
        const core::Instant soon = engine::clock_now() + kPauseAfterError;
        core::Instant next = core::kNever;
        for (const auto& [queue, known] : known_) {
            next =
                std::min(next, known.next_event <= engine::clock_now() ? soon : known.next_event);
        }
        return next;
    }

    void sleep(core::Duration end) const {
        const core::Duration now = engine::elapsed_clock();
        core::Duration until = end;
        for (const auto& [queue, known] : known_) {
            const core::Duration event = engine::elapsed_at(known.next_event);
            until = std::min(until, event > now ? event : now + engine::poll_interval());
        }
        const core::Duration report = pg::report_idle();
        const core::Duration left = std::max<core::Duration>(until - now, core::kMillisecond);
        pg::sleep_on_latch(report > 0 ? std::min(left, report) : left);
    }

    static engine::QueueMarks& marks_of(std::int32_t queue) {
        return engine::marks_of(engine::find_table(engine::kMessages), queue);
    }

    static void log(const std::optional<pg::Failure>& failure) {
        if (failure) {
            pg::log("pgqrs runner failed: " + failure->message);
        }
    }

    const int post_;
    const engine::Executor executor_;
    bool is_gone_ = false;  // the extension
    std::map<std::int32_t, Known> known_;
};

void run(int post) {
    pg::accept_signals();
    const auto executor = engine::post_of_runner(post);
    if (!executor) {
        return;
    }
    pg::connect_as(executor->database, executor->owner);
    engine::come_to_post(post);
    own_post = post;
    pg::guard([] { before_shmem_exit(leave, Datum{0}); });
    Runner(post, *executor).run();
}

}  // namespace

core::Duration RunnerStarter::start_due() {
    look_after_ended();
    const int most = engine::workflow_runners();
    while (const auto post = engine::take_due_runner(most)) {
        BackgroundWorkerHandle* handle =
            pg::start_followed_worker(kRunner, static_cast<Oid>(*post));
        if (handle == nullptr) {
            engine::put_back_runner(*post);
            return engine::elapsed_clock() + kPauseWithoutRoom;
        }
        running_.push_back({*post, handle});
    }
    return engine::elapsed_at(engine::next_due_runner(most));
}

void RunnerStarter::look_after_ended() {
    for (std::size_t i = 0; i < running_.size();) {
        if (!pg::has_ended(running_[i].handle)) {
            ++i;
            continue;
        }
        const int post = running_[i].post;
        running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
        const bool is_taken_again =
            std::any_of(running_.begin(), running_.end(),
                        [&](const Running& each) { return each.post == post; });
        if (!is_taken_again && engine::post_of_runner(post)) {
            engine::give_up_runner(post);
        }
    }
}

}  // namespace pgqrs::bgw

extern "C" {
PGDLLEXPORT void pgqrs_runner(Datum post);

void pgqrs_runner(Datum post) {
    pgqrs::pg::enter_without_arguments([&] { pgqrs::bgw::run(DatumGetInt32(post)); });
}
}
