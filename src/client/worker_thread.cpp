#include "worker_thread.hpp"

#include <algorithm>
#include <utility>

#include "core/duration.hpp"
#include "error_text.hpp"

namespace pgqrs {
namespace {

// Not longer, so that a server that was stopped and a pooler's limits are noticed.
constexpr Duration kWait = std::chrono::seconds(30);
LoopOptions loop_options(const WorkOptions& options) {
    LoopOptions loop{.concurrency = options.concurrency,
                     .lock_time = options.lock_time,
                     .extend_leases = options.extend_leases,
                     .stop_when_empty = options.stop_when_empty,
                     .max_deliveries = options.max_messages,
                     .worker_name = options.worker_name};
    loop.check("max_messages");
    return loop;
}

}  // namespace

WorkShared::WorkShared(const Config& config_in, const std::string& queue_in,
                       const Handler& handler_in, const WorkOptions& options_in)
    : LoopShared(config_in, queue_in, loop_options(options_in)),
      handler(handler_in),
      options(options_in) {}

void WorkShared::connection_lost(const std::string& error, Duration delay) {
    report({WorkEvent::Kind::connection_lost, nullptr, error, delay});
}

void WorkShared::connection_back() { report({WorkEvent::Kind::connection_back}); }

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

// False: there was nothing to take, or nothing more.
bool WorkerThread::take_and_process() {
    if (!get_permit()) {
        return true;
    }
    NextMessage next = take<Message>([this] { return consumer_->dequeue(); });
    while (next.taken) {
        next = process(*next.taken);
    }
    return !next.asked;
}

void WorkerThread::wait_in_server() { woken_ = consumer_->wait(kWait, &shared_.stop); }

// There was a message, but not for us.
bool WorkerThread::is_held_off() {
    if (!std::exchange(woken_, false) || !is(WorkerState::suspended)) {
        return false;
    }
    woken_ = true;
    return true;
}

// Answers what came with the end of the job.
WorkerThread::NextMessage WorkerThread::process(const Taken<Message>& taken) {
    const Message& message = taken.item;
    const auto lease =
        shared_.leases.hold(message.id, message.read_ct, message.lease_left, taken.arrived);
    RunningJob job(*consumer_, message, *lease, shared_.leave);
    shared_.report({WorkEvent::Kind::started, &message});
    const Raised raised = run_handler(job);
    return settle(job, message, raised, *lease);
}

Raised WorkerThread::run_handler(RunningJob& job) {
    Raised raised;
    try {
        shared_.handler(job);
    } catch (...) {
        raised = raised_now("the handler");
    }
    if (!tidy(connection_) && raised.error.empty()) {
        raised.error = "the handler left a transaction open or the connection busy";
    }
    return raised;
}

// Reports what the handler did with the message itself, or archives or fails it.
WorkerThread::NextMessage WorkerThread::settle(const RunningJob& job, const Message& message,
                                               const Raised& raised,
                                               const LeaseKeeper::Held& lease) {
    if (job.finished()) {
        shared_.report(job.event(raised.error));
        return {};
    }
    if (!raised.error.empty()) {
        fail(message, raised, lease);
        return {};
    }
    return archive_and_take(message, lease);
}

// Both with one round trip and one commit, unless no message may be taken. If that fails, the message is archived alone:
// whoever dequeues next meets what is wrong with taking messages.
WorkerThread::NextMessage WorkerThread::archive_and_take(const Message& message,
                                                         const LeaseKeeper::Held& lease) {
    NextMessage next;
    bool first = true;
    const auto archive = [&] {
        if (!std::exchange(first, false) || next_refused_ || shared_.stop.requested() ||
            !try_permit()) {
            return consumer_->archive(message);
        }
        try {
            bool archived = false;
            next = take<Message>([&]() -> std::optional<Message> {
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
    const bool archived = shared_.persist(connection_, lease, archive, problem);
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

void WorkerThread::fail(const Message& message, const Raised& raised,
                        const LeaseKeeper::Held& lease) {
    const std::string& error = raised.error;
    const auto delay = retry_delay(message);
    std::string problem;
    Failed failed;
    const auto action = [&] {
        failed = fail_once(message, raised, delay);
        return failed.result != FailureResult::lost;
    };
    if (shared_.persist(connection_, lease, action, problem)) {
        shared_.report({WorkEvent::Kind::failed, &message, error, retry_delay_of(failed, delay),
                        failed.result});
    } else {
        shared_.report({WorkEvent::Kind::lease_lost, &message,
                        error + (problem.empty() ? "" : "; " + problem)});
    }
}

// A role that was given its rights function by function may lack this one: then the message is released.
Failed WorkerThread::fail_once(const Message& message, const Raised& raised,
                               const std::optional<Duration>& delay) {
    const FailOptions options{.retry = raised.retryable, .delay = delay};
    try {
        if (!fail_refused_) {
            return with_error_text(raised.error, [&](const std::string& text) {
                return consumer_->fail(message, text, options);
            });
        }
    } catch (const ServerError& refusal) {
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

}  // namespace pgqrs
