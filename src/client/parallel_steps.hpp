// The steps of one run that are executed beside its handler: a few threads, started when they are needed, each with a
// connection that the pool of the worker lends it for a step.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "run_context.hpp"

namespace pgqrs {

class ParallelSteps {
public:
    explicit ParallelSteps(RunContext& context) : context_(context) {}
    // Waits for the steps.
    ~ParallelSteps();
    ParallelSteps(const ParallelSteps&) = delete;
    ParallelSteps& operator=(const ParallelSteps&) = delete;

    std::shared_ptr<detail::PendingStep> add(StepKey key, detail::StepFunction function,
                                             const StepOptions& options);
    // Waits until all have been executed, or were given up because the delivery has ended.
    void wait();
    // Raises the first failure that nobody has been told of.
    void check();

private:
    class Task;

    void work();
    Pool::Loan borrow();

    RunContext& context_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::shared_ptr<Task>> all_;
    std::deque<std::shared_ptr<Task>> waiting_;
    int busy_ = 0;
    bool ending_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace pgqrs
