#include "run_steps.hpp"

#include <thread>

#include "backoff.hpp"

namespace pgqrs {
namespace {

// A transaction that met another one is tried again so often, then the step has failed.
constexpr int kMostConflicts = 10;
// The same for one whose connection was lost in it: a function may crash its server process each time.
constexpr int kMostLosses = 5;
constexpr Duration kFirstPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::seconds(1);

bool is_conflict(const Error& error) {
    return error.sqlstate() == "40001" || error.sqlstate() == "40P01";
}

}  // namespace

std::string step_key_of(const RunDelivery& run, const std::string& name, std::int64_t seq) {
    return std::to_string(run.id) + ":" + name + ":" + std::to_string(seq);
}

std::optional<std::string> RunSteps::step(const StepKey& key, const detail::StepFunction& function,
                                          const StepOptions& options) {
    Known known = look(key, options);
    while (!known.output) {
        if (known.due) {
            context_.wait_until(*known.due);
        }
        context_.check_may_execute();
        if (options.at_most_once) {
            const auto begun = context_.ask<RecordedStep>(
                connection_, [&](RunCalls& calls, bool) { return calls.begin_step(key, options); });
            known = known_of(key, begun);
            if (known.output) {
                break;
            }
        }
        Output output;
        auto failure = execute(key, function, known.attempt, output);
        if (!failure) {
            failure = record(key, options, output);
        }
        if (!failure) {
            return output;
        }
        note(key, *failure, options, known);
    }
    return *known.output;
}

std::optional<std::string> RunSteps::step_in_transaction(const StepKey& key,
                                                         const detail::StepFunction& function,
                                                         const StepOptions& options) {
    Known known = look(key, options);
    int losses = 0;
    while (!known.output) {
        if (known.due) {
            context_.wait_until(*known.due);
        }
        context_.check_may_execute();
        context_.need(connection_);
        Output output;
        bool recorded = false;
        const auto failure =
            execute_in_transaction(key, function, options, known.attempt, output, recorded);
        if (recorded) {
            return output;
        }
        if (failure) {
            losses = 0;
            note(key, *failure, options, known);
            continue;
        }
        // The connection was lost: whether the transaction was committed is known by its record.
        known = known_of(key, ask_for(key).value_or(RecordedStep()));
        if (known.output) {
            break;
        }
        if (++losses < kMostLosses) {
            context_.shared().leave.wait_for(backoff(losses, kFirstPause, kLongestPause));
        } else {
            losses = 0;
            note(key, {"the connection was lost in the step"}, options, known);
        }
    }
    return *known.output;
}

// Of a step that the claim has not shown, the server is asked. It is also asked about one that is of another kind, or
// whose input is to be checked: its answer is an error, or the same.
RunSteps::Known RunSteps::look(const StepKey& key, const StepOptions& options) {
    context_.check();
    RunContext::refuse_transaction(connection_);
    const auto& steps = context_.claimed().steps;
    const auto found = steps.find(key);
    if (found != steps.end() && found->second.kind == "step" && options.input_hash.empty()) {
        return known_of(key, found->second);
    }
    std::optional<RecordedStep> there;
    if (found != steps.end()) {
        there = found->second;
    } else if (!context_.claimed().steps_complete) {
        there = ask_for(key);
    }
    if (!there) {
        return {};
    }
    if (there->is_recorded() || there->kind != "step") {
        const auto due = there->due;
        there = context_.ask<RecordedStep>(
            connection_, [&](RunCalls& calls, bool) { return calls.begin_step(key, options); });
        there->due = due;
    }
    return known_of(key, *there);
}

RunSteps::Known RunSteps::known_of(const StepKey& key, const RecordedStep& step) {
    if (step.status == "failed") {
        throw StepFailed(key.first, step.error);
    }
    if (step.status == "in_doubt") {
        throw StepInDoubt(Error::Parts{"PQ020",
                                       "step \"" + key.first + "\" of run " +
                                           std::to_string(context_.delivery().id) + " is in doubt",
                                       "An earlier delivery has begun it, and has not recorded it.",
                                       "Look what became of it, and call pgqrs.decide_step()."});
    }
    Known known{step.attempt, step.due};
    if (step.is_recorded()) {
        known.output = step.output;
    }
    return known;
}

std::optional<RecordedStep> RunSteps::ask_for(const StepKey& key) {
    return context_.ask<std::optional<RecordedStep>>(
        connection_, [&](RunCalls& calls, bool) { return calls.get_step(key); });
}

// Somebody else has recorded it.
RunSteps::Output RunSteps::recorded_by_others(const StepKey& key) {
    return known_of(key, ask_for(key).value_or(RecordedStep())).output.value_or(std::nullopt);
}

std::optional<Raised> RunSteps::execute(const StepKey& key, const detail::StepFunction& function,
                                        int attempt, Output& output) {
    const std::string text = step_key_of(context_.delivery(), key.first, key.second);
    std::optional<Raised> failure;
    try {
        output = function({key.first, key.second, attempt, text, connection_});
    } catch (const Unwinding&) {
        throw;
    } catch (...) {
        failure = raised_now("the step");
    }
    if (!tidy(connection_) && !failure) {
        failure = {"the step left a transaction open or the connection busy"};
    }
    context_.check();
    return failure;
}

// The output is what is recorded then.
std::optional<Raised> RunSteps::record(const StepKey& key, const StepOptions& options,
                                       Output& output) {
    try {
        output = context_.ask<Output>(connection_, [&](RunCalls& calls, bool) {
            return calls.complete_step(key, output, options, false);
        });
        return std::nullopt;
    } catch (const ServerError& error) {
        if (is_bad_value(error)) {
            return Raised{error.message(), false};
        }
        if (error.code() != ErrorCode::step_recorded) {
            throw;
        }
    }
    output = recorded_by_others(key);
    return std::nullopt;
}

// Neither a failure nor a record: the connection was lost.
std::optional<Raised> RunSteps::execute_in_transaction(const StepKey& key,
                                                       const detail::StepFunction& function,
                                                       const StepOptions& options, int attempt,
                                                       Output& output, bool& recorded) {
    const std::string text = step_key_of(context_.delivery(), key.first, key.second);
    for (int conflicts = 1;; ++conflicts) {
        bool others = false;
        try {
            Transaction transaction(connection_);
            output = function({key.first, key.second, attempt, text, connection_});
            if (!connection_.in_transaction() && connection_.usable()) {
                tidy(connection_);
                return Raised{"the step ended its transaction"};
            }
            try {
                output = RunCalls(connection_, context_.delivery())
                             .complete_step(key, output, options, true);
            } catch (const ServerError& error) {
                transaction.rollback();
                context_.translate(error);
                if (is_bad_value(error)) {
                    return Raised{error.message(), false};
                }
                others = error.code() == ErrorCode::step_recorded;
                if (!others) {
                    throw;
                }
            }
            if (!others) {
                transaction.commit();
                recorded = true;
                return std::nullopt;
            }
        } catch (const Unwinding&) {
            throw;
        } catch (const std::exception& error) {
            const bool lost = !connection_.usable();
            tidy(connection_);
            context_.check();
            if (dynamic_cast<const StepMismatch*>(&error) != nullptr) {
                throw;
            }
            if (lost) {
                return std::nullopt;
            }
            const auto* const refused = dynamic_cast<const Error*>(&error);
            if (refused == nullptr || !is_conflict(*refused) || conflicts == kMostConflicts) {
                return raised_now("the step");
            }
        } catch (...) {
            tidy(connection_);
            context_.check();
            return raised_now("the step");
        }
        if (others) {
            output = recorded_by_others(key);
            recorded = true;
            return std::nullopt;
        }
        std::this_thread::sleep_for(backoff(conflicts, kFirstPause, kLongestPause));
        context_.check_may_execute();
    }
}

// Says when to try again; raises StepFailed when it is not to be.
void RunSteps::note(const StepKey& key, const Raised& failure, const StepOptions& options,
                    Known& known) {
    FailedStep noted;
    try {
        noted = context_.ask<FailedStep>(connection_, [&](RunCalls& calls, bool before) {
            // A failure must not be counted twice.
            const auto there = before ? calls.get_step(key) : std::nullopt;
            if (there && there->attempt > known.attempt && there->status == "started") {
                const auto left =
                    there->due.value_or(LeaseKeeper::Clock::now()) - LeaseKeeper::Clock::now();
                return FailedStep{true, std::chrono::ceil<Duration>(left)};
            }
            return calls.fail_step(key, failure.error, failure.retryable, options);
        });
    } catch (const ServerError& error) {
        if (error.code() != ErrorCode::step_recorded) {
            throw;
        }
        known.output = recorded_by_others(key);
        return;
    }
    if (!noted.retry) {
        throw StepFailed(key.first, failure.error);
    }
    ++known.attempt;
    known.due = LeaseKeeper::Clock::now() + noted.delay;
}

}  // namespace pgqrs
