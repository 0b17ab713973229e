// See worker_thread.hpp.
#include "worker_thread.hpp"

#include <utility>

#include <unistd.h>

#include "backoff.hpp"
#include "pgqrs/client/tables.hpp"

namespace pgqrs {
namespace {

// Not longer, so that a server that was stopped and a pooler's limits are noticed.
constexpr Duration kWait = std::chrono::seconds(30);
constexpr Duration kPermitPause = std::chrono::milliseconds(20);
constexpr Duration kFirstPause = std::chrono::milliseconds(100);
constexpr Duration kLongestPause = std::chrono::seconds(30);
// By statement_timeout, which may be shorter than our waits, or by somebody's pg_cancel_backend.
constexpr std::string_view kCancelled = "57014";
// How long a finish is tried again after the connection was lost, when the lease is already over.
constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLongestRetry = std::chrono::minutes(10);

std::string host_name() {
    char name[256] = {};
    gethostname(name, sizeof(name) - 1);
    return name;
}

std::optional<std::int64_t> register_worker(Connection& connection, const WorkShared& shared,
                                            int number) {
    if (shared.options.worker_name.empty()) {
        return std::nullopt;
    }
    return Workers(connection)
        .insert({shared.queue, shared.options.worker_name, host_name(), static_cast<int>(getpid()),
                 nlohmann::json{{"thread", number}}})
        .id;
}

}  // namespace

void WorkShared::report(const WorkEvent& event) {
    const std::lock_guard lock(mutex);
    switch (event.kind) {
        case WorkEvent::Kind::archived:
            ++summary.archived;
            break;
        case WorkEvent::Kind::removed:
            ++summary.removed;
            break;
        case WorkEvent::Kind::released:
            ++summary.released;
            break;
        case WorkEvent::Kind::failed:
            ++summary.failed;
            break;
        case WorkEvent::Kind::lease_lost:
            ++summary.lease_lost;
            break;
        default:
            break;
    }
    if (options.on_event) {
        options.on_event(event);
    }
}

void WorkShared::fail(std::exception_ptr error) {
    const std::lock_guard lock(mutex);
    if (!failure) {
        failure = std::move(error);
    }
    stop.request();
}

WorkerThread::WorkerThread(WorkShared& shared, int number)
    : shared_(shared),
      connection_(shared.config),
      worker_(register_worker(connection_, shared, number)) {
    consumer_.emplace(connection_, shared.queue, DequeueOptions{shared.options.lock_time, worker_});
}

void WorkerThread::run() noexcept {
    try {
        work_until_stopped();
    } catch (...) {
        shared_.fail(std::current_exception());
    }
    sign_off();
}

void WorkerThread::work_until_stopped() {
    while (!shared_.stop.requested()) {
        try {
            if (!take_one() && !wait_for_more()) {
                return;
            }
            failures_ = 0;
        } catch (const Stopped&) {
            return;
        } catch (const ConnectionError& error) {
            reconnect(error.message());
        } catch (const ServerError& error) {
            pause_after(error);
        }
    }
}

// One of max_messages dequeues. Without one, another thread has the last: stops when that has got its message.
bool WorkerThread::get_permit() {
    const auto limit = shared_.options.max_messages;
    if (limit == 0 || shared_.permits.fetch_add(1) < limit) {
        return true;
    }
    shared_.permits.fetch_sub(1);
    if (shared_.delivered.load() >= limit) {
        shared_.stop.request();
    } else {
        shared_.stop.wait_for(kPermitPause);
    }
    return false;
}

// False: there was nothing to take.
bool WorkerThread::take_one() {
    if (!get_permit()) {
        return true;
    }
    const auto arrived = LeaseKeeper::Clock::now();
    std::optional<Message> message;
    try {
        message = consumer_->dequeue();
    } catch (...) {
        shared_.permits.fetch_sub(1);
        throw;
    }
    if (!message) {
        shared_.permits.fetch_sub(1);
        return false;
    }
    ++shared_.delivered;
    shared_.idle.got_message();
    process(*message, arrived);
    return true;
}

// False: stop when empty.
bool WorkerThread::wait_for_more() {
    if (shared_.options.stop_when_empty) {
        return false;
    }
    if (!shared_.idle.take()) {
        return true;
    }
    struct Finish {
        IdleTurns& turns;
        ~Finish() { turns.finished(); }
    } const finish{shared_.idle};
    try {
        consumer_->wait(kWait, &shared_.stop);
    } catch (const ServerError& error) {
        if (error.sqlstate() != kCancelled) {
            throw;
        }
    }
    return true;
}

void WorkerThread::process(const Message& message, LeaseKeeper::Clock::time_point arrived) {
    const auto lease = shared_.leases.hold(message, arrived);
    RunningJob job(*consumer_, message, *lease, shared_.stop);
    shared_.report({WorkEvent::Kind::started, &message});
    const std::string error = run_handler(job);
    settle(job, message, error, *lease);
}

// What went wrong; empty: nothing.
std::string WorkerThread::run_handler(RunningJob& job) {
    std::string error;
    try {
        shared_.handler(job);
    } catch (const std::exception& raised) {
        error = *raised.what() != '\0' ? raised.what() : "the handler failed";
    } catch (...) {
        error = "the handler raised something that is no exception";
    }
    // A transaction of the handler's that it left open is not committed by our finishing.
    if (connection_.usable() && connection_.in_transaction()) {
        try {
            connection_.execute("ROLLBACK");
        } catch (const Error&) {
            // The connection is lost; that is noticed by what comes next.
        }
        if (error.empty()) {
            error = "the handler left a transaction open";
        }
    }
    return error;
}

// Reports what the handler did with the message itself, or archives or releases it.
void WorkerThread::settle(const RunningJob& job, const Message& message, const std::string& error,
                          const LeaseKeeper::Held& lease) {
    if (const auto kind = job.finished()) {
        shared_.report({*kind, &message, error, job.released_for()});
        return;
    }
    if (!error.empty()) {
        release_failed(message, error, lease);
        return;
    }
    std::string problem;
    const bool archived = persist(
        lease, [&] { return consumer_->archive(message); }, problem);
    shared_.report(
        {archived ? WorkEvent::Kind::archived : WorkEvent::Kind::lease_lost, &message, problem});
}

void WorkerThread::release_failed(const Message& message, const std::string& error,
                                  const LeaseKeeper::Held& lease) {
    const Duration delay = shared_.options.retry_delay
                               ? shared_.options.retry_delay(message)
                               : backoff(message.read_ct, kFirstRetry, kLongestRetry);
    std::string problem;
    const bool released = persist(
        lease, [&] { return consumer_->release(message, delay); }, problem);
    shared_.report({released ? WorkEvent::Kind::failed : WorkEvent::Kind::lease_lost, &message,
                    released ? error : error + (problem.empty() ? "" : "; " + problem), delay});
}

// Finishes although the connection is lost, as long as the lease lives: it is fenced, so doing it twice does no harm, but
// the second time can answer false for what the first one did.
bool WorkerThread::persist(const LeaseKeeper::Held& lease, const std::function<bool()>& action,
                           std::string& problem) {
    bool in_doubt = false;
    for (;;) {
        try {
            const bool done = action();
            if (!done && in_doubt) {
                problem =
                    "the connection was lost while the message was finished; it may have been";
            }
            return done;
        } catch (const ConnectionError& error) {
            in_doubt = in_doubt || error.in_doubt();
            if (lease.lost()) {
                problem = error.message();
                return false;
            }
            reconnect(error.message());
        } catch (const ServerError& error) {
            pause_after(error);
        }
        if (shared_.stop.requested() && !connection_.usable()) {
            problem = "stopped without a connection";
            return false;
        }
    }
}

// Tries until there is a connection again, or stopped.
void WorkerThread::reconnect(const std::string& reason) {
    std::string why = reason;
    while (!shared_.stop.requested()) {
        const Duration pause = backoff(++failures_, kFirstPause, kLongestPause);
        shared_.report({WorkEvent::Kind::connection_lost, nullptr, why, pause});
        if (shared_.stop.wait_for(pause)) {
            return;
        }
        try {
            connection_.reopen();
            shared_.report({WorkEvent::Kind::connection_back});
            return;
        } catch (const ConnectionError& error) {
            why = error.message();
        }
    }
}

// Raises it again unless the same can succeed later.
void WorkerThread::pause_after(const Error& error) {
    if (!error.retryable() && error.sqlstate() != kCancelled) {
        throw;
    }
    shared_.stop.wait_for(backoff(++failures_, kFirstPause, kLongestPause));
}

// A row that stays because the connection is lost does no harm.
void WorkerThread::sign_off() noexcept {
    if (!worker_ || !connection_.usable()) {
        return;
    }
    try {
        Workers(connection_).remove(*worker_);
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace pgqrs
