// The threads are in worker_thread.cpp and worker_loop.cpp, the leases in lease_keeper.cpp.
#include "pgqrs/client/work.hpp"

#include <deque>
#include <vector>

#include "backoff.hpp"
#include "pgqrs/client/error.hpp"
#include "worker_thread.hpp"

namespace pgqrs {
namespace {

constexpr Duration kFirstRetry = std::chrono::seconds(1);
constexpr Duration kLongestRetry = std::chrono::minutes(10);

}  // namespace

Duration default_retry_delay(const Message& message) {
    return backoff(message.read_ct, kFirstRetry, kLongestRetry);
}

WorkSummary work(const Config& config, const std::string& queue, const Handler& handler,
                 const WorkOptions& options, Stop& stop) {
    if (!handler) {
        throw InvalidArgument(Error::Parts{"PQ010", "no handler given"});
    }
    WorkShared shared(config, queue, handler, options);
    std::deque<WorkerThread> workers;
    for (int number = 1; number <= options.concurrency; ++number) {
        workers.emplace_back(shared, number);
    }
    std::vector<WorkerLoop*> loops;
    for (auto& worker : workers) {
        loops.push_back(&worker);
    }
    run_loops(shared, loops, stop);
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
