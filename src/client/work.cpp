// The threads are in worker_thread.cpp, the leases in lease_keeper.cpp.
#include "pgqrs/client/work.hpp"

#include <deque>
#include <thread>

#include <poll.h>

#include "backoff.hpp"
#include "pgqrs/client/error.hpp"
#include "worker_thread.hpp"

namespace pgqrs {
namespace {

constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLongestRetry = std::chrono::minutes(10);

void check(const WorkOptions& options, const Handler& handler) {
    if (!handler) {
        throw InvalidArgument(Error::Parts{"PQ010", "no handler given"});
    }
    if (options.concurrency < 1) {
        throw InvalidArgument(Error::Parts{
            "PQ010", "concurrency must be at least 1: " + std::to_string(options.concurrency)});
    }
    if (options.max_messages < 0) {
        throw InvalidArgument(Error::Parts{
            "PQ010", "max_messages must not be negative: " + std::to_string(options.max_messages)});
    }
}

// Until the caller's stop is requested (then the threads' is, too) or all threads are done.
void watch(const Stop& callers, const Stop& done, WorkShared& shared) {
    while (!done.requested() && !shared.stop.requested()) {
        pollfd entries[] = {{callers.descriptor(), POLLIN, 0},
                            {done.descriptor(), POLLIN, 0},
                            {shared.stop.descriptor(), POLLIN, 0}};
        poll(entries, 3, -1);
        if (callers.requested()) {
            shared.stop.request();
        }
    }
    shared.idle.end();
}

}  // namespace

Duration default_retry_delay(const Message& message) {
    return backoff(message.read_ct, kFirstRetry, kLongestRetry);
}

WorkSummary work(const Config& config, const std::string& queue, const Handler& handler,
                 const WorkOptions& options, Stop& stop) {
    check(options, handler);
    WorkShared shared(config, queue, handler, options);
    std::deque<WorkerThread> workers;
    for (int number = 1; number <= options.concurrency; ++number) {
        workers.emplace_back(shared, number);
    }
    // watch() would tell the threads only when they have begun.
    if (stop.requested()) {
        shared.stop.request();
    }
    Stop done;
    std::atomic<int> running = options.concurrency;
    std::vector<std::jthread> threads;
    try {
        for (auto& worker : workers) {
            threads.emplace_back([&] {
                worker.run();
                if (--running == 0) {
                    done.request();
                }
            });
        }
    } catch (...) {
        // No more threads can be had: those that run end before they are joined.
        shared.stop.request();
        shared.idle.end();
        throw;
    }
    watch(stop, done, shared);
    threads.clear();
    if (shared.failure) {
        std::rethrow_exception(shared.failure);
    }
    return shared.summary;
}

WorkSummary work(const Config& config, const std::string& queue, const Handler& handler,
                 const WorkOptions& options) {
    Stop never;
    return work(config, queue, handler, options, never);
}

Dispatcher& Dispatcher::on_message(std::string type, Handler handler) {
    handlers_[std::move(type)] = std::move(handler);
    return *this;
}

Dispatcher& Dispatcher::otherwise(Handler handler) {
    otherwise_ = std::move(handler);
    return *this;
}

void Dispatcher::operator()(Job& job) const {
    const std::string type = job.message().type();
    if (const auto found = handlers_.find(type); found != handlers_.end()) {
        found->second(job);
    } else if (otherwise_) {
        otherwise_(job);
    } else {
        throw InvalidArgument(Error::Parts{
            "PQ005", type.empty() ? "the message has no header \"type\""
                                  : "no handler for messages of type \"" + type + "\""});
    }
}

}  // namespace pgqrs
