#include "running_run.hpp"

#include <nlohmann/json.hpp>

namespace pgqrs {

bool RunningRun::cancelled() {
    if (context_.end().kind != DeliveryEnd::Kind::none) {
        return context_.end().kind == DeliveryEnd::Kind::cancel_requested;
    }
    return context_.ask<bool>(connection_,
                              [](RunCalls& calls, bool) { return calls.cancel_requested(); });
}

bool RunningRun::lease_lost() const {
    return context_.lease().lost() || context_.end().kind == DeliveryEnd::Kind::lease_lost;
}

std::string RunningRun::step_key(const std::string& name, std::int64_t seq) const {
    return step_key_of(delivery(), name, seq);
}

StepKey RunningRun::next_key(const std::string& name) {
    context_.check();
    return {name, used_[name]++};
}

std::optional<std::string> RunningRun::do_step(const std::string& name,
                                               const detail::StepFunction& function,
                                               const StepOptions& options) {
    return steps_.step(next_key(name), function, options);
}

std::optional<std::string> RunningRun::do_step_in_transaction(const std::string& name,
                                                              const detail::StepFunction& function,
                                                              const StepOptions& options) {
    return steps_.step_in_transaction(next_key(name), function, options);
}

std::shared_ptr<detail::PendingStep> RunningRun::do_step_async(const std::string& name,
                                                               detail::StepFunction function,
                                                               const StepOptions& options) {
    return parallel_.add(next_key(name), std::move(function), options);
}

// Null: the server has to be asked, which also tells what is of another kind.
const RecordedStep* RunningRun::recorded(const StepKey& key, const char* kind) const {
    const auto found = context_.claimed().steps.find(key);
    const bool known = found != context_.claimed().steps.end() && found->second.is_recorded() &&
                       found->second.kind == kind;
    return known ? &found->second : nullptr;
}

// Parallel steps must not lose their records to the end of the delivery.
template <typename Ask>
Suspended RunningRun::suspend(const StepKey& key, const char* kind, Ask ask) {
    if (const RecordedStep* const step = recorded(key, kind)) {
        return {step->status == "timed_out" ? Suspension::timed_out : Suspension::ready,
                step->output};
    }
    parallel_.wait();
    const auto answer = context_.ask<Suspended>(connection_, [&](RunCalls& calls, bool before) {
        try {
            return ask(calls);
        } catch (const ServerError& error) {
            // The one before has ended the delivery, and its answer was lost.
            if (before && error.code() == ErrorCode::lease_lost) {
                return Suspended();
            }
            throw;
        }
    });
    if (answer.status == Suspension::suspended) {
        context_.end_with(DeliveryEnd::Kind::suspended);
    }
    return answer;
}

void RunningRun::sleep(const std::string& name, Duration duration) {
    const StepKey key = next_key(name);
    suspend(key, "sleep", [&](RunCalls& calls) { return calls.sleep(key, duration); });
}

void RunningRun::sleep_until(const std::string& name, TimePoint until) {
    const StepKey key = next_key(name);
    suspend(key, "sleep", [&](RunCalls& calls) { return calls.sleep_until(key, until); });
}

Run::Waited RunningRun::do_wait(const std::string& sql_function, const std::string& name,
                                const std::string& target, std::optional<Duration> timeout) {
    const StepKey key = next_key(name);
    const char* const kind = sql_function == "wait_signal" ? "signal" : "event";
    auto outcome = suspend(key, kind, [&](RunCalls& calls) {
        return calls.wait_for(sql_function, key, target, timeout);
    });
    return {outcome.status == Suspension::timed_out, std::move(outcome.value)};
}

std::vector<ChildResult> RunningRun::wait_all(const std::string& name,
                                              const std::vector<std::int64_t>& ids,
                                              std::optional<Duration> timeout) {
    return wait_runs(name, ids, false, timeout);
}

std::vector<ChildResult> RunningRun::wait_any(const std::string& name,
                                              const std::vector<std::int64_t>& ids,
                                              std::optional<Duration> timeout) {
    return wait_runs(name, ids, true, timeout);
}

std::vector<ChildResult> RunningRun::wait_runs(const std::string& name,
                                               const std::vector<std::int64_t>& ids, bool any,
                                               const std::optional<Duration>& timeout) {
    const StepKey key = next_key(name);
    return children_of(suspend(key, "children", [&](RunCalls& calls) {
                           return calls.wait_runs(key, ids, any, timeout);
                       }).value);
}

std::int64_t RunningRun::do_start_child(const std::string& name, const std::string& workflow,
                                        const std::string& input, const ChildOptions& options) {
    const StepKey key = next_key(name);
    const RecordedStep* const step = recorded(key, "child");
    if (step != nullptr && step->child) {
        return *step->child;
    }
    context_.check_may_execute();
    return context_.ask<std::int64_t>(connection_, [&](RunCalls& calls, bool) {
        return calls.start_child(key, workflow, input, options);
    });
}

std::vector<std::int64_t> RunningRun::do_start_children(const std::string& name,
                                                        const std::string& workflow,
                                                        const std::vector<std::string>& inputs,
                                                        const ChildOptions& options) {
    const StepKey key = next_key(name);
    const RecordedStep* const step = recorded(key, "child");
    if (step != nullptr && step->output && !step->child) {
        return detail::from_json_text<std::vector<std::int64_t>>(step->output,
                                                                 "the ids of children");
    }
    context_.check_may_execute();
    return context_.ask<std::vector<std::int64_t>>(connection_, [&](RunCalls& calls, bool) {
        return calls.start_children(key, workflow, inputs, options);
    });
}

void RunningRun::do_set_value(const std::string& key, const std::string& value) {
    context_.ask<bool>(connection_, [&](RunCalls& calls, bool) {
        calls.set_value(key, value);
        return true;
    });
}

void RunningRun::do_continue_as_new(const std::string& input) {
    context_.check();
    finish_parallel();
    bool unknown = false;
    const auto next =
        context_.ask<std::optional<std::int64_t>>(connection_, [&](RunCalls& calls, bool before) {
            try {
                return calls.continue_as_new(input);
            } catch (const ServerError& error) {
                unknown = before && error.code() == ErrorCode::lease_lost;
                if (unknown) {
                    return std::optional<std::int64_t>();
                }
                throw;
            }
        });
    if (unknown) {
        context_.lose_lease(
            "The connection was lost while the run was continued; it may have been.");
    }
    context_.end_with(next ? DeliveryEnd::Kind::continued : DeliveryEnd::Kind::cancelled);
}

void RunningRun::finish_parallel() {
    parallel_.wait();
    context_.check();
    parallel_.check();
}

}  // namespace pgqrs
