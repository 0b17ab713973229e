#include "worker_loop.hpp"

#include <algorithm>
#include <thread>

#include <poll.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "backoff.hpp"
#include "core/duration.hpp"
#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs {
namespace {

// Between attempts to finish, and how long they go on after the stop.
constexpr Duration kFirstFinishPause = std::chrono::milliseconds(20);
constexpr Duration kLongestFinishPause = std::chrono::seconds(2);
constexpr Duration kFinishAfterStop = std::chrono::seconds(5);
constexpr Duration kWorkerLease = std::chrono::seconds(60);
// A thread that sleeps while another waits looks so often, for its worker to be alive.
constexpr std::chrono::seconds kLongestSleep(20);
// A suspended worker asks again; its questions are signs of life.
constexpr Duration kSuspendedPause = std::chrono::seconds(1);
constexpr Duration kPermitPause = std::chrono::milliseconds(20);
constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(30);

std::string host_name() {
    char name[256] = {};
    gethostname(name, sizeof(name) - 1);
    return name;
}

// How long the worker may be silent: not shorter than the lease of a message. While a handler runs, only extensions of
// that are signs of life, and they come every third of it.
Duration worker_lease(Connection& connection, const LoopShared& shared) {
    return std::max(kWorkerLease, lease_length(connection, shared).value_or(Duration()));
}

std::optional<std::int64_t> register_worker(Connection& connection, const LoopShared& shared,
                                            int number) {
    if (shared.loop.worker_name.empty()) {
        return std::nullopt;
    }
    return Workers(connection)
        .insert({shared.queue, shared.loop.worker_name, host_name(), static_cast<int>(getpid()),
                 nlohmann::json{{"thread", number}}, worker_lease(connection, shared)})
        .id;
}

// Until the caller's stop is requested (then the threads' are, too) or all threads are done.
void watch(const Stop& callers, const Stop& done, LoopShared& shared) {
    while (!done.requested() && !shared.leave.requested()) {
        // What was requested stays readable. poll() passes over what is no descriptor.
        const bool stopping = shared.stop.requested();
        if (stopping) {
            shared.idle.end();
        }
        pollfd entries[] = {{callers.descriptor(), POLLIN, 0},
                            {done.descriptor(), POLLIN, 0},
                            {shared.leave.descriptor(), POLLIN, 0},
                            {stopping ? -1 : shared.stop.descriptor(), POLLIN, 0}};
        poll(entries, 4, -1);
        if (callers.requested()) {
            shared.stop_and_leave();
        }
    }
    shared.idle.end();
}

}  // namespace

bool is_refused(const Error& error) {
    return error.sqlstate() == "42883" || error.sqlstate() == "42501";
}

bool is_bad_value(const Error& error) {
    return error.code() == ErrorCode::payload_rejected || error.sqlstate().starts_with("22") ||
           error.sqlstate().starts_with("54");
}

bool can_get_better(const Error& error) {
    const std::string_view kind = std::string_view(error.sqlstate()).substr(0, 2);
    return !error.code() && kind != "22" && kind != "28" && kind != "3D" && kind != "3F" &&
           kind != "42" && kind != "0A";
}

std::optional<Duration> lease_length(Connection& connection, const LoopShared& shared) {
    const auto wanted =
        shared.loop.lock_time ? shared.loop.lock_time : connection.config().default_lock_time;
    if (wanted) {
        return wanted;
    }
    try {
        return Admin(connection).get_queue(shared.queue).visibility_timeout;
    } catch (const ServerError& error) {
        if (!is_refused(error)) {
            throw;
        }
    }
    return std::nullopt;
}

bool tidy(Connection& connection) {
    if (!connection.usable() || (!connection.in_transaction() && !connection.busy())) {
        return true;
    }
    try {
        connection.execute("ROLLBACK");
    } catch (const Error&) {
        connection.give_up();
    }
    return false;
}

void LoopOptions::check(const char* limit) const {
    if (concurrency < 1) {
        throw InvalidArgument(Error::Parts{
            "PQ010", "concurrency must be at least 1: " + std::to_string(concurrency)});
    }
    if (max_deliveries < 0) {
        throw InvalidArgument(Error::Parts{"PQ010", std::string(limit) + " must not be negative: " +
                                                        std::to_string(max_deliveries)});
    }
}

void LoopShared::fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex);
    if (!failure) {
        failure = std::move(error);
    }
    stop_and_leave();
}

// In this order: who leaves what he has must not take something else.
void LoopShared::stop_and_leave() noexcept {
    stop.request();
    leave.request();
}

// What is done twice does no harm, because it is fenced. But the second time can answer false for what the first one
// did.
bool LoopShared::persist(Connection& connection, const LeaseKeeper::Held& lease,
                         const std::function<bool()>& action, std::string& problem) {
    std::optional<LeaseKeeper::Clock::time_point> leave_seen;
    for (int attempt = 1;; ++attempt) {
        try {
            if (!connection.usable()) {
                connection.reopen();
                connection_back();
            }
            const bool done = action();
            if (done) {
                problem.clear();
            }
            return done;
        } catch (const ConnectionError& error) {
            connection_lost(error.message(), {});
            problem =
                error.in_doubt()
                    ? "the connection was lost while the message was finished; it may have been"
                : problem.empty() ? error.message()
                                  : problem;
        } catch (const Error& error) {
            if (!can_get_better(error)) {
                throw;
            }
            problem = error.message();
        }
        if (leave.requested() && !leave_seen) {
            leave_seen = LeaseKeeper::Clock::now();
        }
        if (lease.lost() ||
            (leave_seen && LeaseKeeper::Clock::now() - *leave_seen > kFinishAfterStop)) {
            return false;
        }
        std::this_thread::sleep_for(backoff(attempt, kFirstFinishPause, kLongestFinishPause));
    }
}

WorkerLoop::WorkerLoop(LoopShared& shared, int number)
    : loop_(shared), connection_(shared.config), number_(number) {
    sign_on();
}

void WorkerLoop::sign_on() {
    worker_ = register_worker(connection_, loop_, number_);
    consumer_.emplace(connection_, loop_.queue, DequeueOptions{loop_.loop.lock_time, worker_});
}

WorkerLoop::~WorkerLoop() { sign_off(); }

void WorkerLoop::run() noexcept {
    try {
        work_until_stopped();
    } catch (...) {
        loop_.fail(std::current_exception());
    }
    sign_off();
}

void WorkerLoop::work_until_stopped() {
    while (!loop_.stop.requested() || has_taken()) {
        try {
            if (!consumer_) {
                sign_on();
            }
            if (!take_and_process() && !wait_for_more()) {
                return;
            }
            failures_ = 0;
        } catch (const Stopped&) {
            return;
        } catch (const ConnectionError& error) {
            reconnect(error.message());
        } catch (const Error& error) {
            if (error.code() == ErrorCode::worker_not_found && is(WorkerState::stopped)) {
                loop_.idle.got_message();  // another thread may have to wait in our place
                return;
            }
            recover(error);
        }
    }
}

// Whether our row says so. Somebody who may not see it takes it for a worker that nobody has touched.
bool WorkerLoop::is(WorkerState state) {
    try {
        const auto row = worker_ ? Workers(connection_).get(*worker_) : std::nullopt;
        return row && row->state == state;
    } catch (const ServerError&) {
        return false;
    }
}

// Called while the error is handled: raises it again when it cannot get better.
void WorkerLoop::recover(const Error& error) {
    if (error.code() == ErrorCode::worker_not_found && worker_) {
        consumer_.reset();  // somebody took our row for that of a dead worker: sign on again
        return;
    }
    if (!can_get_better(error)) {
        throw;
    }
    loop_.stop.wait_for(backoff(++failures_, kFirstPause, kLongestPause));
}

// One of max_deliveries.
bool WorkerLoop::try_permit() {
    const auto limit = loop_.loop.max_deliveries;
    if (limit == 0 || loop_.permits.fetch_add(1) < limit) {
        return true;
    }
    loop_.permits.fetch_sub(1);
    return false;
}

// Without a permit, another thread has the last: stops when that has got its message.
bool WorkerLoop::get_permit() {
    if (try_permit()) {
        return true;
    }
    if (loop_.delivered.load() >= loop_.loop.max_deliveries) {
        loop_.stop.request();
    } else {
        loop_.stop.wait_for(kPermitPause);
    }
    return false;
}

// False: stop when empty.
bool WorkerLoop::wait_for_more() {
    if (loop_.loop.stop_when_empty) {
        return false;
    }
    if (is_held_off()) {
        loop_.stop.wait_for(kSuspendedPause);
        return true;
    }
    if (!loop_.idle.take(kLongestSleep)) {
        return true;
    }
    struct Finish {
        IdleTurns& turns;
        ~Finish() { turns.finished(); }
    } const finish{loop_.idle};
    try {
        wait_in_server();
    } catch (const ServerError& error) {
        // A statement_timeout, or an administrator: as if nothing had come, though not at once.
        if (error.sqlstate() != "57014") {
            throw;
        }
        loop_.stop.wait_for(kFirstPause);
    }
    return true;
}

// Tries until there is a connection again, or stopped.
void WorkerLoop::reconnect(const std::string& reason) {
    std::string why = reason;
    while (!loop_.stop.requested()) {
        const Duration pause = backoff(++failures_, kFirstPause, kLongestPause);
        loop_.connection_lost(why, pause);
        if (loop_.stop.wait_for(pause)) {
            return;
        }
        try {
            connection_.reopen(&loop_.stop);
            loop_.connection_back();
            return;
        } catch (const Stopped&) {
            return;
        } catch (const ConnectionError& error) {
            why = error.message();
        }
    }
}

// A row that stays because the connection is lost does no harm.
void WorkerLoop::sign_off() noexcept {
    if (!worker_ || !connection_.usable()) {
        return;
    }
    try {
        Workers(connection_).remove(*std::exchange(worker_, std::nullopt));
    } catch (const std::exception&) {
        return;
    }
}

void run_loops(LoopShared& shared, const std::vector<WorkerLoop*>& loops, Stop& callers) {
    // watch() would tell the threads only when they have begun.
    if (callers.requested()) {
        shared.stop_and_leave();
    }
    Stop done;
    std::atomic<int> running = static_cast<int>(loops.size());
    std::vector<std::jthread> threads;
    try {
        for (WorkerLoop* const loop : loops) {
            threads.emplace_back([&, loop] {
                loop->run();
                if (--running == 0) {
                    done.request();
                }
            });
        }
    } catch (...) {
        // No more threads can be had: those that run end before they are joined.
        shared.stop_and_leave();
        shared.idle.end();
        throw;
    }
    watch(callers, done, shared);
    threads.clear();
    if (shared.failure) {
        std::rethrow_exception(shared.failure);
    }
}

}  // namespace pgqrs
