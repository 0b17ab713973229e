// Keeps the leases of running jobs alive: one thread with a connection of its own extends each lease when a third of it
// has passed.
//
// The keeper owns thread and connection; a Held lease belongs to the thread that runs the job and is known to the keeper
// between hold() and the end of its scope. All times are of the steady clock, counted from when the delivery arrived.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs {

class LeaseKeeper {
public:
    using Clock = std::chrono::steady_clock;

    // Opens the connection; raises ConnectionError.
    LeaseKeeper(const Config& config, std::string queue, bool extend);
    ~LeaseKeeper();
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    class Held {
    public:
        ~Held();
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        // The server said that somebody else has the message, or the lease ran out by our clock.
        bool lost() const noexcept {
            return lost_.load() || Clock::now().time_since_epoch().count() > end_.load();
        }

    private:
        friend class LeaseKeeper;
        Held(LeaseKeeper& keeper, std::int64_t id, int read_ct, Duration length,
             Clock::time_point arrived);
        LeaseKeeper& keeper_;
        std::uint64_t serial_ = 0;  // an address can be used again
        std::int64_t id_;
        int read_ct_;
        Duration length_;
        Clock::time_point due_;        // when to extend; guarded by the keeper's mutex
        std::atomic<Clock::rep> end_;  // when it runs out
        std::atomic<bool> lost_{false};
    };
    // A delivery of a message, which may be a run. Without a length the lease is taken for one of 30 s. arrived: a moment
    // before the server was asked for it.
    std::unique_ptr<Held> hold(std::int64_t id, int read_ct, std::optional<Duration> length,
                               Clock::time_point arrived);

private:
    void run();
    Held* next_due();
    void extend(std::unique_lock<std::mutex>& lock, const Held& due);
    Held* find(std::uint64_t serial);
    std::optional<bool> ask_server(std::int64_t id, Duration by, int read_ct);

    std::string queue_;
    bool extend_;
    std::optional<Connection> connection_;  // the thread's
    int failures_ = 0;                      // the thread's: of the connection, in a row

    std::mutex mutex_;
    std::condition_variable changed_;
    std::list<Held*> held_;
    std::uint64_t serials_ = 0;
    bool ending_ = false;
    Stop ending_stop_;    // ends what the thread is waiting for
    std::thread thread_;  // the last member: it uses all others
};

}  // namespace pgqrs
