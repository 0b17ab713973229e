// One of the threads of work(): takes messages and runs the handler on them, and opens its connection again when it is lost.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "idle_turns.hpp"
#include "lease_keeper.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/work.hpp"
#include "running_job.hpp"

namespace pgqrs {

// What the threads of one work() share. Lives as long as work().
struct WorkShared {
    WorkShared(const Config& config_in, const std::string& queue_in, const Handler& handler_in,
               const WorkOptions& options_in)
        : config(config_in),
          queue(queue_in),
          handler(handler_in),
          options(options_in),
          leases(config_in, queue_in, options_in.extend_leases) {}

    const Config& config;
    const std::string& queue;
    const Handler& handler;
    const WorkOptions& options;
    LeaseKeeper leases;
    IdleTurns idle;
    Stop stop;  // requested by the caller's Stop, the last message, or a thread that cannot go on
    // Against options.max_messages: dequeues that may take place or have delivered, and those that have delivered.
    std::atomic<std::int64_t> permits{0};
    std::atomic<std::int64_t> delivered{0};

    // Counts the event and tells the caller of it.
    void report(const WorkEvent& event);
    // A thread cannot go on: the first such error is what work() raises.
    void fail(std::exception_ptr error);

    std::mutex mutex;  // guards what follows
    WorkSummary summary;
    std::exception_ptr failure;
};

class WorkerThread {
public:
    // Opens the connection and registers the worker; raises what that raises.
    WorkerThread(WorkShared& shared, int number);
    ~WorkerThread();
    WorkerThread(const WorkerThread&) = delete;
    WorkerThread& operator=(const WorkerThread&) = delete;
    // Works until stopped, empty, or an error that cannot get better. Raises nothing.
    void run() noexcept;

private:
    // A message, and a moment before the server was asked for it.
    struct Taken {
        Message message;
        LeaseKeeper::Clock::time_point arrived;
    };
    // The next message, if the server was asked for one and had one.
    struct Next {
        bool asked = false;
        std::optional<Taken> taken = {};
    };

    void work_until_stopped();
    bool take_and_process();
    bool try_permit();
    bool get_permit();
    bool wait_for_more();
    template <typename Ask>
    Next take(Ask ask);
    Next process(const Taken& taken);
    std::string run_handler(RunningJob& job);
    bool tidy_connection();
    std::optional<Duration> retry_delay(const Message& message);
    Next settle(const RunningJob& job, const Message& message, const std::string& error,
                const LeaseKeeper::Held& lease);
    Next archive_and_take(const Message& message, const LeaseKeeper::Held& lease);
    void fail(const Message& message, const std::string& error, const LeaseKeeper::Held& lease);
    Failed fail_once(const Message& message, const std::string& error,
                     const std::optional<Duration>& delay);
    bool persist(const LeaseKeeper::Held& lease, const std::function<bool()>& action,
                 std::string& problem);
    void reconnect(const std::string& reason);
    void recover(const Error& error);
    bool is(WorkerState state);
    void sign_on();
    void sign_off() noexcept;

    WorkShared& shared_;
    int number_;
    Connection connection_;
    std::optional<std::int64_t> worker_;
    std::optional<Consumer> consumer_;
    int failures_ = 0;           // in a row
    bool woken_ = false;         // a wait ended with a message
    bool next_refused_ = false;  // messages are archived and taken by two calls
    bool fail_refused_ = false;  // failed messages are released
};

}  // namespace pgqrs
