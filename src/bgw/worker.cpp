#include "bgw/worker.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "pg/background_worker.hpp"
#include "pg/transaction.hpp"

namespace pgqrs::bgw {
namespace {

constexpr const char* kExtension = "pgqrs";
constexpr core::Duration kAbsentPause = core::kSecond;
constexpr core::Duration kShortestPause = 50 * core::kMillisecond;
constexpr core::Duration kLongestStartPause = 30 * core::kSecond;
constexpr core::Duration kLongestSleep = core::kDay;

// On a clock that only goes forward.
core::Duration clock_now() {
    using std::chrono::duration_cast, std::chrono::microseconds, std::chrono::steady_clock;
    return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

core::Duration pause_after(int failures, core::Duration longest) {
    return failures <= 0 ? 0 : std::min(kShortestPause << std::min(failures - 1, 20), longest);
}

// A duty and when it is due.
struct Task {
    const Duty* duty;
    core::Duration due;
    bool wakes;  // a set latch makes it due
    int failures;
};

void rest(core::Duration time) {
    const core::Duration end = clock_now() + time;
    for (core::Duration now = clock_now(); now < end; now = clock_now()) {
        pg::sleep_on_latch(end - now);
        pg::attend_to_signals();
    }
}

// Answers whether the latch was set.
bool sleep_until(core::Duration time) {
    if (time <= clock_now()) {
        return false;
    }
    const core::Duration report = pg::report_idle();
    const core::Duration left = time - clock_now();
    return pg::sleep_on_latch(report > 0 ? std::min(left, report) : left);
}

// Has one batch done; answers whether that did something, or will have to.
bool work(Task& task) {
    Turn turn{false, kAbsentPause};
    const bool committed = pg::run_in_transaction(task.duty->activity, [&] {
        if (pg::hold_extension(kExtension)) {
            turn = task.duty->run();
        }
    });
    if (task.duty->ended != nullptr) {
        task.duty->ended(committed);
    }
    task.failures = committed ? 0 : task.failures + 1;
    task.wakes = committed && !turn.did_something;
    task.due = clock_now() +
               (committed ? turn.next : pause_after(task.failures, task.duty->longest_pause));
    return !committed || turn.did_something;
}

class Agenda {
public:
    explicit Agenda(std::span<const Duty> duties) : count_(duties.size()) {
        if (count_ > kMostDuties) {
            throw std::length_error("a worker has too many duties");
        }
        std::transform(duties.begin(), duties.end(), tasks_, [](const Duty& duty) {
            return Task{&duty, 0, true, 0};
        });
    }

    // Gives each duty that is due a turn; answers whether there was anything to do.
    bool work_off() {
        bool busy = false;
        for (Task& task : tasks()) {
            if (task.due <= clock_now()) {
                busy |= work(task);
                pg::attend_to_signals();
            }
        }
        return busy;
    }

    core::Duration next_due() const {
        core::Duration next = clock_now() + kLongestSleep;
        for (const Task& task : std::span(tasks_, count_)) {
            next = std::min(next, task.due);
        }
        return next;
    }

    void wake() {
        for (Task& task : tasks()) {
            task.due = task.wakes ? 0 : task.due;
        }
    }

private:
    std::span<Task> tasks() { return {tasks_, count_}; }

    Task tasks_[kMostDuties];
    std::size_t count_;
};

}  // namespace

void run_worker(Oid database, const Worker& worker) {
    pg::accept_signals();
    const Arrival arrival = worker.arrive(database);
    if (!arrival.needed) {
        return;
    }
    rest(pause_after(arrival.failed_starts, kLongestStartPause));
    pg::connect_to_database(database);
    if (worker.commits_may_be_lost) {
        pg::commit_without_waiting();
    }

    Agenda agenda(worker.duties);
    core::Duration last_busy = clock_now();
    for (;;) {
        pg::attend_to_signals();
        if (agenda.work_off()) {
            last_busy = clock_now();
        }
        core::Duration until = agenda.next_due();
        if (worker.may_end != nullptr) {
            const core::Duration may_end_at = last_busy + worker.idle_time;
            if (may_end_at > clock_now()) {
                until = std::min(until, may_end_at);
            } else if (worker.may_end()) {
                return;
            }
        }
        if (sleep_until(until)) {
            agenda.wake();
        }
    }
}

}  // namespace pgqrs::bgw
