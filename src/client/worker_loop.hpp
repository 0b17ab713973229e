// What the threads of work() and work_runs() have in common: taking from a queue, waiting when there is nothing,
// opening the connection again when it is lost, and an end when they are to stop. What is taken, and what is done with
// it, is of the classes that are derived.
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "idle_turns.hpp"
#include "lease_keeper.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs {

enum class WorkerState;

// Whether the same call can succeed later without anybody changing the program, the queue or its rights. What cannot
// ends the worker: pgqrs's own errors, invalid data, no right, nothing of that name, the wrong password.
bool can_get_better(const Error& error);
// Whether there is no such function, or no right to call it.
bool is_refused(const Error& error);
// Whether it is the value that cannot be recorded: the same one will be refused again.
bool is_bad_value(const Error& error);

struct LoopOptions {
    int concurrency = 1;
    std::optional<Duration> lock_time = {};
    bool extend_leases = true;
    bool stop_when_empty = false;
    std::int64_t max_deliveries = 0;  // 0: no limit
    std::string worker_name = {};

    // Raises InvalidArgument (PQ010); `limit` is the public name of max_deliveries.
    void check(const char* limit) const;
};

// What the threads of one call share. Lives as long as that.
struct LoopShared {
    LoopShared(const Config& config_in, const std::string& queue_in, LoopOptions loop_in)
        : config(config_in),
          queue(queue_in),
          loop(std::move(loop_in)),
          leases(config_in, queue_in, loop.extend_leases) {}
    virtual ~LoopShared() = default;

    const Config& config;
    const std::string& queue;
    const LoopOptions loop;
    LeaseKeeper leases;
    IdleTurns idle;
    // Nothing more is taken: requested by the caller's Stop, the last delivery, or a thread that cannot go on.
    Stop stop;
    // What somebody has in hand comes to its end soon, too: not requested by the last delivery, which may be the one.
    Stop leave;
    // Against max_deliveries: dequeues that may take place or have delivered, and those that have delivered.
    std::atomic<std::int64_t> permits{0};
    std::atomic<std::int64_t> delivered{0};

    virtual void connection_lost(const std::string& error, Duration delay) = 0;
    virtual void connection_back() = 0;
    // Requests both stops.
    void stop_and_leave() noexcept;
    // A thread cannot go on: the first such error is what the call raises.
    void fail(std::exception_ptr error);
    // Carries a call of a delivery out, whatever happens to the connection, as long as the lease lives, and when
    // leaving not for long. Answers what `action` does; false with a problem: it was given up. Raises what cannot get
    // better.
    bool persist(Connection& connection, const LeaseKeeper::Held& lease,
                 const std::function<bool()>& action, std::string& problem);

    std::mutex mutex;  // guards what follows, and what derived classes count
    std::exception_ptr failure;
};

// The length of a lease: that of the options, of the configuration or of the queue. None: this role may not ask for it.
std::optional<Duration> lease_length(Connection& connection, const LoopShared& shared);

// What somebody else's code leaves open on the connection is undone, and not committed with ours. False: it had left
// something.
bool tidy(Connection& connection);

class WorkerLoop {
public:
    // Opens the connection and registers the worker; raises what that raises.
    WorkerLoop(LoopShared& shared, int number);
    virtual ~WorkerLoop();
    WorkerLoop(const WorkerLoop&) = delete;
    WorkerLoop& operator=(const WorkerLoop&) = delete;
    // Works until stopped, empty, or an error that cannot get better. Raises nothing.
    void run() noexcept;

protected:
    // What was delivered, and a moment before the server was asked for it.
    template <typename Item>
    struct Taken {
        Item item;
        LeaseKeeper::Clock::time_point arrived;
    };
    // The next delivery, if the server was asked for one and had one.
    template <typename Item>
    struct Next {
        bool asked = false;
        std::optional<Taken<Item>> taken = {};
    };

    // False: there was nothing to take.
    virtual bool take_and_process() = 0;
    // Something was taken that has not been processed. It is processed in spite of a stop: nobody else can have it.
    virtual bool has_taken() const { return false; }
    // Waits until there is something to take, or for a while.
    virtual void wait_in_server() = 0;
    // Whether to pause instead of waiting: there is something, but not for this worker.
    virtual bool is_held_off() { return false; }

    bool try_permit();
    bool get_permit();
    template <typename Item, typename Ask>
    Next<Item> take(Ask ask);
    bool is(WorkerState state);

    LoopShared& loop_;
    Connection connection_;
    std::optional<std::int64_t> worker_;
    std::optional<Consumer> consumer_;

private:
    void work_until_stopped();
    bool wait_for_more();
    void reconnect(const std::string& reason);
    void recover(const Error& error);
    void sign_on();
    void sign_off() noexcept;

    int number_;
    int failures_ = 0;  // in a row
};

// Uses up a permit, which goes back when ask() gets nothing.
template <typename Item, typename Ask>
WorkerLoop::Next<Item> WorkerLoop::take(Ask ask) {
    Next<Item> next{.asked = true};
    const auto arrived = LeaseKeeper::Clock::now();
    try {
        if (std::optional<Item> item = ask()) {
            next.taken = Taken<Item>{std::move(*item), arrived};
        }
    } catch (...) {
        loop_.permits.fetch_sub(1);
        throw;
    }
    if (!next.taken) {
        loop_.permits.fetch_sub(1);
        return next;
    }
    ++loop_.delivered;
    loop_.idle.got_message();
    return next;
}

// Runs the loops, each in a thread of its own, until all have ended; raises the failure of one that could not go on.
void run_loops(LoopShared& shared, const std::vector<WorkerLoop*>& loops, Stop& callers);

}  // namespace pgqrs
