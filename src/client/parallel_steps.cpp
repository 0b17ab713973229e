#include "parallel_steps.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include "run_steps.hpp"

namespace pgqrs {
namespace {

constexpr Duration kConnectionPause = std::chrono::milliseconds(100);

}  // namespace

// What has become of a step. It outlives the run when the handler has kept the future.
class ParallelSteps::Task : public detail::PendingStep {
public:
    Task(StepKey key_in, detail::StepFunction function_in, const StepOptions& options_in)
        : key(std::move(key_in)), function(std::move(function_in)), options(options_in) {}

    std::optional<std::string> take() override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done_; });
        taken_ = true;
        if (error_) {
            std::rethrow_exception(error_);
        }
        return output_;
    }
    void wait() noexcept override {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done_; });
    }
    void finish(std::optional<std::string> output, std::exception_ptr error) {
        const std::lock_guard lock(mutex_);
        output_ = std::move(output);
        error_ = std::move(error);
        done_ = true;
        changed_.notify_all();
    }
    std::exception_ptr untold() {
        const std::lock_guard lock(mutex_);
        return taken_ ? nullptr : error_;
    }

    const StepKey key;
    detail::StepFunction function;
    const StepOptions options;

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<std::string> output_;
    std::exception_ptr error_;
    bool done_ = false;
    bool taken_ = false;
};

ParallelSteps::~ParallelSteps() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        changed_.notify_all();
    }
    for (auto& thread : threads_) {
        thread.join();
    }
}

std::shared_ptr<detail::PendingStep> ParallelSteps::add(StepKey key, detail::StepFunction function,
                                                        const StepOptions& options) {
    auto task = std::make_shared<Task>(std::move(key), std::move(function), options);
    const std::lock_guard lock(mutex_);
    const auto wanted = static_cast<std::size_t>(context_.shared().options.parallel_steps);
    const auto needed = waiting_.size() + static_cast<std::size_t>(busy_) + 1;
    if (threads_.size() < std::min(wanted, needed)) {
        try {
            threads_.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
            // No more threads can be had. Those that there are take turns.
            if (threads_.empty()) {
                throw;
            }
        }
    }
    all_.push_back(task);
    waiting_.push_back(task);
    changed_.notify_all();
    return task;
}

void ParallelSteps::wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.empty() && busy_ == 0; });
}

void ParallelSteps::check() {
    for (const auto& task : all_) {
        if (const auto error = task->untold()) {
            std::rethrow_exception(error);
        }
    }
}

// The thread ends with its run: all that waits has been executed or given up then.
void ParallelSteps::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return ending_ || !waiting_.empty(); });
        if (waiting_.empty()) {
            return;
        }
        const std::shared_ptr<Task> task = std::move(waiting_.front());
        waiting_.pop_front();
        ++busy_;
        lock.unlock();
        std::optional<std::string> output;
        std::exception_ptr error;
        try {
            context_.check_may_execute();
            const auto loan = borrow();
            output = RunSteps(context_, *loan).step(task->key, task->function, task->options);
        } catch (...) {
            error = std::current_exception();
        }
        // It refers to what the handler has, which may leave as soon as the step is done.
        task->function = nullptr;
        task->finish(std::move(output), std::move(error));
        lock.lock();
        --busy_;
        changed_.notify_all();
    }
}

// Other runs may have all connections, and the server may be away.
Pool::Loan ParallelSteps::borrow() {
    for (;;) {
        context_.check_may_execute();
        try {
            return context_.shared().parallel.acquire();
        } catch (const PoolTimeout&) {
            continue;
        } catch (const ConnectionError& error) {
            context_.shared().connection_lost(error.message(), kConnectionPause);
        }
        context_.shared().leave.wait_for(kConnectionPause);
    }
}

}  // namespace pgqrs
