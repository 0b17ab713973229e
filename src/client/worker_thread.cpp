#include "worker_thread.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include <unistd.h>

#include "backoff.hpp"
#include "error_text.hpp"
#include "pgqrs/client/tables.hpp"
#include "core/duration.hpp"

namespace pgqrs {
namespace {

// Not longer, so that a server that was stopped and a pooler's limits are noticed.
constexpr Duration kWait = std::chrono::seconds(30);
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

// Whether there is no such function, or no right to call it.
bool is_refused(const Error& error) {
    return error.sqlstate() == "42883" || error.sqlstate() == "42501";
}

// How long the worker may be silent: not shorter than the lease of a message. While a handler runs, only extensions of that
// are signs of life, and they come every third of it.
Duration worker_lease(Connection& connection, const WorkShared& shared) {
    auto lease =
        shared.options.lock_time ? shared.options.lock_time : connection.config().default_lock_time;
    try {
        if (!lease) {
            lease = Admin(connection).get_queue(shared.queue).visibility_timeout;
        }
    } catch (const ServerError& error) {
        if (!is_refused(error)) {
            throw;
        }
    }
    return std::max(kWorkerLease, lease.value_or(Duration()));
}

std::optional<std::int64_t> register_worker(Connection& connection, const WorkShared& shared,
                                            int number) {
    if (shared.options.worker_name.empty()) {
        return std::nullopt;
    }
    return Workers(connection)
        .insert({shared.queue, shared.options.worker_name, host_name(), static_cast<int>(getpid()),
                 nlohmann::json{{"thread", number}}, worker_lease(connection, shared)})
        .id;
}

// Whether the same call can succeed later without anybody changing the program, the queue or its rights. What cannot ends
// the worker: pgqrs's own errors, invalid data, no right, nothing of that name, the wrong password.
bool can_get_better(const Error& error) {
    const std::string_view kind = std::string_view(error.sqlstate()).substr(0, 2);
    return !error.code() && kind != "22" && kind != "28" && kind != "3D" && kind != "3F" &&
           kind != "42" && kind != "0A";
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
            summary.dead += event.result == FailureResult::dead ? 1 : 0;
            break;
        case WorkEvent::Kind::lease_lost:
            ++summary.lease_lost;
            break;
        default:
            break;
    }
    try {
        if (options.on_event) {
            options.on_event(event);
        }
    } catch (...) {
        // Who only listens does not decide what becomes of messages.
        return;
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
    : shared_(shared), number_(number), connection_(shared.config) {
    sign_on();
}

void WorkerThread::sign_on() {
    worker_ = register_worker(connection_, shared_, number_);
    consumer_.emplace(connection_, shared_.queue,
                      DequeueOptions{shared_.options.lock_time, worker_});
}

WorkerThread::~WorkerThread() { sign_off(); }

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
                shared_.idle.got_message();  // another thread may have to wait in our place
                return;
            }
            recover(error);
        }
    }
}

// Whether our row says so. Somebody who may not see it takes it for a worker that nobody has touched.
bool WorkerThread::is(WorkerState state) {
    try {
        const auto row = worker_ ? Workers(connection_).get(*worker_) : std::nullopt;
        return row && row->state == state;
    } catch (const ServerError&) {
        return false;
    }
}

// Called while the error is handled: raises it again when it cannot get better.
void WorkerThread::recover(const Error& error) {
    if (error.code() == ErrorCode::worker_not_found && worker_) {
        consumer_.reset();  // somebody took our row for that of a dead worker: sign on again
        return;
    }
    if (!can_get_better(error)) {
        throw;
    }
    shared_.stop.wait_for(backoff(++failures_, kFirstPause, kLongestPause));
}

// One of max_messages deliveries.
bool WorkerThread::try_permit() {
    const auto limit = shared_.options.max_messages;
    if (limit == 0 || shared_.permits.fetch_add(1) < limit) {
        return true;
    }
    shared_.permits.fetch_sub(1);
    return false;
}

// Without a permit, another thread has the last: stops when that has got its message.
bool WorkerThread::get_permit() {
    if (try_permit()) {
        return true;
    }
    if (shared_.delivered.load() >= shared_.options.max_messages) {
        shared_.stop.request();
    } else {
        shared_.stop.wait_for(kPermitPause);
    }
    return false;
}

// False: there was nothing to take, or nothing more.
bool WorkerThread::take_and_process() {
    if (!get_permit()) {
        return true;
    }
    Next next = take([this] { return consumer_->dequeue(); });
    while (next.taken) {
        next = process(*next.taken);
    }
    return !next.asked;
}

// Uses up a permit, which goes back when ask() gets no message.
template <typename Ask>
WorkerThread::Next WorkerThread::take(Ask ask) {
    Next next{.asked = true};
    const auto arrived = LeaseKeeper::Clock::now();
    try {
        if (std::optional<Message> message = ask()) {
            next.taken = Taken{std::move(*message), arrived};
        }
    } catch (...) {
        shared_.permits.fetch_sub(1);
        throw;
    }
    if (!next.taken) {
        shared_.permits.fetch_sub(1);
        return next;
    }
    ++shared_.delivered;
    shared_.idle.got_message();
    return next;
}

// False: stop when empty.
bool WorkerThread::wait_for_more() {
    if (shared_.options.stop_when_empty) {
        return false;
    }
    // There was a message, but not for us.
    if (std::exchange(woken_, false) && is(WorkerState::suspended)) {
        shared_.stop.wait_for(kSuspendedPause);
        woken_ = true;
        return true;
    }
    if (!shared_.idle.take(kLongestSleep)) {
        return true;
    }
    struct Finish {
        IdleTurns& turns;
        ~Finish() { turns.finished(); }
    } const finish{shared_.idle};
    try {
        woken_ = consumer_->wait(kWait, &shared_.stop);
    } catch (const ServerError& error) {
        // A statement_timeout, or an administrator: as if nothing had come, though not at once.
        if (error.sqlstate() != "57014") {
            throw;
        }
        shared_.stop.wait_for(kFirstPause);
    }
    return true;
}

// Answers what came with the end of the job.
WorkerThread::Next WorkerThread::process(const Taken& taken) {
    const Message& message = taken.message;
    const auto lease = shared_.leases.hold(message, taken.arrived);
    RunningJob job(*consumer_, message, *lease, shared_.stop);
    shared_.report({WorkEvent::Kind::started, &message});
    const std::string error = run_handler(job);
    return settle(job, message, error, *lease);
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
    if (!tidy_connection() && error.empty()) {
        error = "the handler left a transaction open or the connection busy";
    }
    return error;
}

// What a handler leaves open is not committed by our finishing. False: it had left something.
bool WorkerThread::tidy_connection() {
    if (!connection_.usable() || (!connection_.in_transaction() && !connection_.busy())) {
        return true;
    }
    try {
        connection_.execute("ROLLBACK");
    } catch (const Error&) {
        connection_.give_up();
    }
    return false;
}

// Reports what the handler did with the message itself, or archives or fails it.
WorkerThread::Next WorkerThread::settle(const RunningJob& job, const Message& message,
                                        const std::string& error, const LeaseKeeper::Held& lease) {
    if (job.finished()) {
        shared_.report(job.event(error));
        return {};
    }
    if (!error.empty()) {
        fail(message, error, lease);
        return {};
    }
    return archive_and_take(message, lease);
}

// Both with one round trip and one commit, unless no message may be taken. If that fails, the message is archived alone:
// whoever dequeues next meets what is wrong with taking messages.
WorkerThread::Next WorkerThread::archive_and_take(const Message& message,
                                                  const LeaseKeeper::Held& lease) {
    Next next;
    bool first = true;
    const auto archive = [&] {
        if (!std::exchange(first, false) || next_refused_ || shared_.stop.requested() ||
            !try_permit()) {
            return consumer_->archive(message);
        }
        try {
            bool archived = false;
            next = take([&]() -> std::optional<Message> {
                auto answer = consumer_->next({message});
                archived = answer.lost.empty();
                return answer.messages.empty() ? std::nullopt
                                               : std::optional(std::move(answer.messages.front()));
            });
            return archived;
        } catch (const ConnectionError&) {
            throw;
        } catch (const Error& error) {
            next_refused_ = is_refused(error);
        }
        return consumer_->archive(message);
    };
    std::string problem;
    const bool archived = persist(lease, archive, problem);
    shared_.report(
        {archived ? WorkEvent::Kind::archived : WorkEvent::Kind::lease_lost, &message, problem});
    return next;
}

// None: the queue's back-off.
std::optional<Duration> WorkerThread::retry_delay(const Message& message) {
    try {
        if (shared_.options.retry_delay) {
            return std::clamp(shared_.options.retry_delay(message), Duration(0),
                              Duration(core::kMaxDelay));
        }
    } catch (...) {
        // The message must not suffer from it.
    }
    return std::nullopt;
}

void WorkerThread::fail(const Message& message, const std::string& error,
                        const LeaseKeeper::Held& lease) {
    const auto delay = retry_delay(message);
    std::string problem;
    Failed failed;
    const auto action = [&] {
        failed = fail_once(message, error, delay);
        return failed.result != FailureResult::lost;
    };
    if (persist(lease, action, problem)) {
        shared_.report({WorkEvent::Kind::failed, &message, error, retry_delay_of(failed, delay),
                        failed.result});
    } else {
        shared_.report({WorkEvent::Kind::lease_lost, &message,
                        error + (problem.empty() ? "" : "; " + problem)});
    }
}

// A role that was given its rights function by function may lack this one: then the message is released.
Failed WorkerThread::fail_once(const Message& message, const std::string& error,
                               const std::optional<Duration>& delay) {
    const FailOptions options{.delay = delay};
    try {
        if (!fail_refused_) {
            return consumer_->fail(message, error, options);
        }
    } catch (const ServerError& refusal) {
        if (refusal.sqlstate() == "22P05") {
            // The database's encoding lacks a character.
            return consumer_->fail(message, ascii_text(error), options);
        }
        if (!is_refused(refusal)) {
            throw;
        }
        fail_refused_ = true;
    }
    Failed released{.id = message.id};
    const Duration pause = delay.value_or(default_retry_delay(message));
    if (consumer_->release(message, pause)) {
        released.result = FailureResult::retrying;
        released.retry_in = pause;
    }
    return released;
}

// Finishes, whatever happens to the connection, as long as the lease lives, and when stopping not for long. It is fenced,
// so doing it twice does no harm, but the second time can answer false for what the first one did.
bool WorkerThread::persist(const LeaseKeeper::Held& lease, const std::function<bool()>& action,
                           std::string& problem) {
    std::optional<LeaseKeeper::Clock::time_point> stop_seen;
    for (int attempt = 1;; ++attempt) {
        try {
            if (!connection_.usable()) {
                connection_.reopen();
                shared_.report({WorkEvent::Kind::connection_back});
            }
            const bool done = action();
            if (done) {
                problem.clear();
            }
            return done;
        } catch (const ConnectionError& error) {
            shared_.report({WorkEvent::Kind::connection_lost, nullptr, error.message()});
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
        if (shared_.stop.requested() && !stop_seen) {
            stop_seen = LeaseKeeper::Clock::now();
        }
        if (lease.lost() ||
            (stop_seen && LeaseKeeper::Clock::now() - *stop_seen > kFinishAfterStop)) {
            return false;
        }
        std::this_thread::sleep_for(backoff(attempt, kFirstFinishPause, kLongestFinishPause));
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
            connection_.reopen(&shared_.stop);
            shared_.report({WorkEvent::Kind::connection_back});
            return;
        } catch (const Stopped&) {
            return;
        } catch (const ConnectionError& error) {
            why = error.message();
        }
    }
}

// A row that stays because the connection is lost does no harm.
void WorkerThread::sign_off() noexcept {
    if (!worker_ || !connection_.usable()) {
        return;
    }
    try {
        Workers(connection_).remove(*std::exchange(worker_, std::nullopt));
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace pgqrs
