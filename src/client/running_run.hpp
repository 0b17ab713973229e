// A run as its handler sees it.
#pragma once

#include <map>
#include <string>

#include "parallel_steps.hpp"
#include "run_context.hpp"
#include "run_steps.hpp"

namespace pgqrs {

class RunningRun : public Run {
public:
    RunningRun(RunContext& context, Connection& connection)
        : context_(context),
          connection_(connection),
          steps_(context, connection),
          parallel_(context) {}

    const RunDelivery& delivery() const override { return context_.delivery(); }
    bool cancelled() override;
    bool lease_lost() const override;
    bool stopping() const override { return context_.shared().leave.requested(); }
    Connection& connection() override { return connection_; }
    std::string step_key(const std::string& name, std::int64_t seq) const override;

    void sleep(const std::string& name, Duration duration) override;
    void sleep_until(const std::string& name, TimePoint until) override;
    std::vector<ChildResult> wait_all(const std::string& name, const std::vector<std::int64_t>& ids,
                                      std::optional<Duration> timeout) override;
    std::vector<ChildResult> wait_any(const std::string& name, const std::vector<std::int64_t>& ids,
                                      std::optional<Duration> timeout) override;

    // After the handler: all that it began has come to its end. Raises a failure that it has not been told of.
    void finish_parallel();
    // The same, whatever came of it.
    void end_parallel() { parallel_.wait(); }

protected:
    std::optional<std::string> do_step(const std::string& name,
                                       const detail::StepFunction& function,
                                       const StepOptions& options) override;
    std::optional<std::string> do_step_in_transaction(const std::string& name,
                                                      const detail::StepFunction& function,
                                                      const StepOptions& options) override;
    std::shared_ptr<detail::PendingStep> do_step_async(const std::string& name,
                                                       detail::StepFunction function,
                                                       const StepOptions& options) override;
    Waited do_wait(const std::string& sql_function, const std::string& name,
                   const std::string& target, std::optional<Duration> timeout) override;
    std::int64_t do_start_child(const std::string& name, const std::string& workflow,
                                const std::string& input, const ChildOptions& options) override;
    std::vector<std::int64_t> do_start_children(const std::string& name,
                                                const std::string& workflow,
                                                const std::vector<std::string>& inputs,
                                                const ChildOptions& options) override;
    void do_set_value(const std::string& key, const std::string& value) override;
    void do_continue_as_new(const std::string& input) override;

private:
    StepKey next_key(const std::string& name);
    const RecordedStep* recorded(const StepKey& key, const char* kind) const;
    template <typename Ask>
    Suspended suspend(const StepKey& key, const char* kind, Ask ask);
    std::vector<ChildResult> wait_runs(const std::string& name,
                                       const std::vector<std::int64_t>& ids, bool any,
                                       const std::optional<Duration>& timeout);

    RunContext& context_;
    Connection& connection_;
    RunSteps steps_;
    std::map<std::string, std::int64_t> used_;  // how often each name was
    ParallelSteps parallel_;                    // the last member: its threads use the others
};

}  // namespace pgqrs
