// The worker's side of workflows: a handler for each workflow, and a loop that takes runs and calls the handlers.
//
//   WorkflowSet flows;
//   flows.on<Order>("order", [](const Order& order, Run& run) {
//       const auto shelf = run.step("reserve", [&] { return reserve(order); });
//       run.wait_signal("approval", "approved");
//       run.step("ship", [&](const StepCall& call) { ship(order, shelf, call.key); });
//       return Receipt{shelf};
//   });
//   Stop stop;
//   StopOnSignals signals(stop);
//   work_runs(config, "order", flows, {.concurrency = 4}, stop);
//
// A handler is executed from its beginning with each delivery of the run: after a crash, after a wait, for another
// attempt. What has been recorded is not executed again: a step whose name and seq are recorded answers with the
// recorded value. So a handler does everything that has an effect, or that can come out differently another time, in
// steps, and calls the same ones in the same order.
//
// What becomes of a run:
//
//   delivered --> handler runs --returns-------------------> succeeded, with what it returns as the output
//                    |   \------throws---------------------> failed attempt: delivered again after the back-off of its
//                    |                                       workflow, or failed for good after max_attempts
//                    |--PermanentFailure, StepFailed-------> failed for good
//                    |--a wait for what has not come-------> suspended: delivered again when it is time
//                    |--the worker is to stop--------------> given back with the next call that would execute a step
//                    |--somebody cancels the run-----------> RunCancelled is raised; the run ends as cancelled
//                    \--lease lost-------------------------> LeaseLost is raised; nothing is recorded any more
//
// seq: the n-th use of a name in one execution of the handler has the seq n, from 0 on. So a step in a loop needs no
// name of its own for each turn. All kinds of steps count together. Of parallel steps the order of the calls counts.
//
// Unwinding: a call of Run that ends the delivery leaves the handler by an exception that is not derived from
// std::exception. `catch (...)` in a handler must raise it again. If it does not, each further call of Run raises it,
// and what the handler returns is not recorded.
//
// Threads: one for each handler, with a connection of its own, and one that extends the leases of all, with another.
// Parallel steps use threads and connections in addition: at most WorkRunsOptions::parallel_steps, for all runs
// together. A Run is used by the thread of its handler. work_runs() may run in several threads of a program at the same
// time. A WorkflowSet is not changed while a work_runs() runs with it.
//
// ABI: Run gets functions at its end, WorkflowSet changes inside, and the structs get members, with minor versions.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/error.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs {

// JSON as it is, wherever a type is asked for: numbers keep all their digits.
struct JsonText {
    std::string text = "null";
};

// A run as its worker gets it.
struct RunDelivery {
    std::int64_t id = 0;
    std::string workflow = {};
    std::optional<std::string> version = {};
    int read_ct = 0;                          // the number of this delivery, its fencing token
    int attempt = 0;                          // failures of the run so far
    std::string reason = {};                  // why it is delivered: a label of pgqrs.run_reason
    std::string input = {};                   // JSON text
    std::optional<std::string> headers = {};  // JSON text of an object
};

// A step while it is executed.
struct StepCall {
    const std::string& name;
    std::int64_t seq = 0;
    int attempt = 0;         // failures of the step so far
    const std::string& key;  // "run:name:seq", for the other side to recognise a repetition by
    Connection& connection;  // of this thread
};

struct StepOptions {
    int max_attempts = 3;  // after so many failures the step has failed for good; 0: no limit
    Backoff backoff = Backoff::exponential;
    Duration backoff_base = std::chrono::seconds(1);
    Duration backoff_cap = std::chrono::hours(1);
    // Not executed again when an earlier delivery has begun it and not recorded it: StepInDoubt. That it throws says
    // that it has not happened.
    bool at_most_once = false;
    // What recognises the input: a record with another one raises StepMismatch. It costs a round trip in each
    // execution.
    std::string input_hash = {};
};

struct ChildOptions {
    bool abandon = false;  // the child goes on when this run has ended; else it is cancelled then
    int priority = 5;
    Duration delay{};
};

enum class ChildState { succeeded, failed, cancelled, timed_out, gone, unknown };  // gone: removed
const char* to_string(ChildState state);

struct ChildResult {
    std::int64_t run = 0;
    ChildState state = ChildState::unknown;
    std::optional<std::string> output = {};  // JSON text
    std::optional<std::string> error = {};
    std::optional<std::int64_t> continued_as = {};  // the run whose state and output these are

    // The output as any type nlohmann-json converts; JSON null when there is none. Raises InvalidArgument (PQ005) when
    // it does not fit.
    template <typename T>
    T as() const;
};

namespace detail {

struct Deduced {};

std::string json_text_of(const nlohmann::json& value);
nlohmann::json json_of(const std::optional<std::string>& text, const std::string& subject);
[[noreturn]] void refuse_value(const std::string& subject, const char* reason);

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
std::string to_json_text(const T& value) {
    if constexpr (std::is_same_v<T, JsonText>) {
        return value.text;
    } else if constexpr (IsOptional<T>::value) {
        return value ? to_json_text(*value) : "null";
    } else {
        return json_text_of(nlohmann::json(value));
    }
}

template <typename T>
T from_json_text(const std::optional<std::string>& text, const std::string& subject) {
    if constexpr (std::is_same_v<T, JsonText>) {
        return {text.value_or("null")};
    } else if constexpr (IsOptional<T>::value) {
        if (!text || *text == "null") {
            return std::nullopt;
        }
        return from_json_text<typename T::value_type>(text, subject);
    } else {
        const auto json = json_of(text, subject);
        try {
            return json.template get<T>();
        } catch (const nlohmann::json::exception& error) {
            refuse_value(subject, error.what());
        }
    }
}

// A literal becomes a string.
template <typename T>
using Kept =
    std::conditional_t<std::is_same_v<std::decay_t<T>, const char*>, std::string, std::decay_t<T>>;

template <typename Function, bool WithCall = std::is_invocable_v<Function&, const StepCall&>>
struct StepResultOf {
    using type = Kept<std::invoke_result_t<Function&, const StepCall&>>;
};
template <typename Function>
struct StepResultOf<Function, false> {
    using type = Kept<std::invoke_result_t<Function&>>;
};

// The type that was asked for, or that of its function.
template <typename T, typename Function>
using StepType = typename std::conditional_t<std::is_same_v<T, Deduced>, StepResultOf<Function>,
                                             std::type_identity<T>>::type;

// A step as its JSON text; none for one without a value.
using StepFunction = std::function<std::optional<std::string>(const StepCall&)>;

template <typename T, typename Function>
StepFunction step_function(Function function) {
    return [function =
                std::move(function)](const StepCall& call) mutable -> std::optional<std::string> {
        const auto result_of = [&]() -> decltype(auto) {
            if constexpr (std::is_invocable_v<Function&, const StepCall&>) {
                return function(call);
            } else {
                return function();
            }
        };
        if constexpr (std::is_void_v<T>) {
            result_of();
            return std::nullopt;
        } else {
            const T result = result_of();
            try {
                return to_json_text<T>(result);
            } catch (const InvalidArgument& error) {
                // Another execution would only repeat the effect.
                throw PermanentFailure(error.message());
            }
        }
    };
}

class PendingStep {
public:
    virtual ~PendingStep() = default;
    virtual std::optional<std::string> take() = 0;
    virtual void wait() noexcept = 0;
};

template <typename T>
T step_value(const std::optional<std::string>& output, const std::string& name) {
    if constexpr (!std::is_void_v<T>) {
        return from_json_text<T>(output, "the output of step \"" + name + "\"");
    }
}

}  // namespace detail

// A parallel step that may still be executed. Its destructor waits for it, so that the function can refer to what was
// there before the future.
template <typename T>
class [[nodiscard]] StepFuture {
public:
    StepFuture(std::shared_ptr<detail::PendingStep> pending, std::string name)
        : pending_(std::move(pending)), name_(std::move(name)) {}
    StepFuture(StepFuture&& other) noexcept = default;
    StepFuture& operator=(StepFuture&& other) noexcept {
        pending_.swap(other.pending_);
        name_.swap(other.name_);
        return *this;
    }
    ~StepFuture() {
        if (pending_) {
            pending_->wait();
        }
    }
    // Waits for the step, and raises what it raised. Called by the handler's thread.
    T get() { return detail::step_value<T>(pending_->take(), name_); }

private:
    std::shared_ptr<detail::PendingStep> pending_;
    std::string name_;
};

// A run while its handler is executed. Used by the handler's thread only.
//
// Values are of any type nlohmann-json converts, std::optional of one, JsonText, or void. SQL's NULL counts as JSON
// null. A recorded value that does not fit the type raises InvalidArgument (PQ005).
//
// Every call that asks the server opens a lost connection again and repeats itself, as long as the lease lives. It
// raises LeaseLost when the run is not this worker's any more, and RunCancelled when somebody has asked for its end;
// each further call then raises the same. A name is 1 to 255 bytes (PQ010). Inside of a transaction on connection() the
// calls raise Error 25001: what is to be recorded together with SQL is a step_in_transaction().
class Run {
public:
    virtual ~Run() = default;
    virtual const RunDelivery& delivery() const = 0;
    // Somebody has asked for the run's end: a long step asks from time to time and gives up. One round trip, on the
    // thread's connection, unless it is known.
    virtual bool cancelled() = 0;
    // The lease was lost, or could not be extended in time: somebody else may have the run.
    virtual bool lease_lost() const = 0;
    // The worker is to stop: a long step may give up.
    virtual bool stopping() const = 0;
    // The connection of this thread, for the handler's own SQL.
    virtual Connection& connection() = 0;
    // "run:name:seq", what the step has as StepCall::key.
    virtual std::string step_key(const std::string& name, std::int64_t seq = 0) const = 0;

    std::int64_t id() const { return delivery().id; }
    int attempt() const { return delivery().attempt; }
    const std::string& workflow() const { return delivery().workflow; }
    const std::optional<std::string>& version() const { return delivery().version; }
    const std::string& input() const { return delivery().input; }  // JSON text
    template <typename T>
    T input_as() const {
        return detail::from_json_text<T>(input(), "the input of run " + std::to_string(id()));
    }
    nlohmann::json headers() const;  // an empty object when there are none

    // The recorded value of the step, or executes it and records its value; what was recorded first counts. `function`
    // takes nothing or a const StepCall&. It happens at least once: a crash between its effect and its record repeats
    // it.
    //
    // When it throws, the failure is recorded, and after the back-off it is executed again: in this call when the wait
    // is short, else the run is given back meanwhile. After max_attempts, or a PermanentFailure, StepFailed is raised.
    // Raises StepMismatch, and StepInDoubt for a step at_most_once.
    template <typename T = detail::Deduced, typename Function>
    detail::StepType<T, Function> step(const std::string& name, Function function,
                                       const StepOptions& options = {}) {
        using Value = detail::StepType<T, Function>;
        return detail::step_value<Value>(
            do_step(name, detail::step_function<Value>(std::move(function)), options), name);
    }

    // As step(), but what the function does on StepCall::connection, which is connection(), and the record are one
    // transaction: exactly once. It is executed again after a serialization failure, a deadlock, and a connection
    // that was lost; when that goes on, it counts as a failure of the step. It must not end the transaction, and other
    // calls of Run raise 25001 in it.
    template <typename T = detail::Deduced, typename Function>
    detail::StepType<T, Function> step_in_transaction(const std::string& name, Function function,
                                                      const StepOptions& options = {}) {
        using Value = detail::StepType<T, Function>;
        return detail::step_value<Value>(
            do_step_in_transaction(name, detail::step_function<Value>(std::move(function)),
                                   options),
            name);
    }

    // As step(), on another thread and with another connection, StepCall::connection; the function does not use the
    // Run. The futures are taken in any order, and the failure of one leaves the others alone. Waits, and the end of
    // the handler, wait for all of them first. A failure whose future was not taken counts as the handler's.
    template <typename T = detail::Deduced, typename Function>
    StepFuture<detail::StepType<T, Function>> step_async(const std::string& name, Function function,
                                                         const StepOptions& options = {}) {
        using Value = detail::StepType<T, Function>;
        return {do_step_async(name, detail::step_function<Value>(std::move(function)), options),
                name};
    }

    // Each of these waits without a worker: if it is not time yet, the delivery ends, and the run is delivered again
    // then.
    virtual void sleep(const std::string& name, Duration duration) = 0;
    virtual void sleep_until(const std::string& name, TimePoint until) = 0;
    // What came of a wait is recorded, a timeout too; a replay does not look at what else the call says.
    // The payload of the oldest signal of that name, which is consumed, or nullopt after the timeout; without one it
    // waits for ever. A signal without a payload has JSON null: T = std::optional<...> tells it from other ones.
    template <typename T = nlohmann::json>
    std::optional<T> wait_signal(const std::string& name, const std::string& signal,
                                 std::optional<Duration> timeout = {}) {
        return waited<T>(do_wait("wait_signal", name, signal, timeout), name);
    }
    // The same of an event of the run's queue, which is not consumed.
    template <typename T = nlohmann::json>
    std::optional<T> wait_event(const std::string& name, const std::string& event,
                                std::optional<Duration> timeout = {}) {
        return waited<T>(do_wait("wait_event", name, event, timeout), name);
    }

    // Starts a run as a child of this one, once, and answers its id. Raises ServerError PQ015 when there is no such
    // workflow.
    template <typename T>
    std::int64_t start_child(const std::string& name, const std::string& workflow, const T& input,
                             const ChildOptions& options = {}) {
        return do_start_child(name, workflow, detail::to_json_text(input), options);
    }
    // One for each input, in one step and one round trip; the ids in their order. At most pgqrs.max_batch_size (PQ009).
    // Priority and delay of the options do not count.
    template <typename T>
    std::vector<std::int64_t> start_children(const std::string& name, const std::string& workflow,
                                             const std::vector<T>& inputs,
                                             const ChildOptions& options = {}) {
        std::vector<std::string> texts;
        for (const auto& input : inputs) {
            texts.push_back(detail::to_json_text<T>(input));
        }
        return do_start_children(name, workflow, texts, options);
    }
    // Waits for the end of children: of all, or of one. Answers those that have ended, in the order of the ids; after
    // the timeout that can be fewer than were asked for. Raises ServerError PQ010 for a run that is no child of this
    // one.
    virtual std::vector<ChildResult> wait_all(const std::string& name,
                                              const std::vector<std::int64_t>& ids,
                                              std::optional<Duration> timeout = {}) = 0;
    virtual std::vector<ChildResult> wait_any(const std::string& name,
                                              const std::vector<std::int64_t>& ids,
                                              std::optional<Duration> timeout = {}) = 0;

    // Publishes a value for pgqrs.get_value. This is no step: each execution sets it again.
    template <typename T>
    void set_value(const std::string& key, const T& value) {
        do_set_value(key, detail::to_json_text(value));
    }
    // Ends the run as succeeded, and starts another one of the same workflow that goes on instead of it, with an empty
    // history. Leaves the handler.
    template <typename T>
    [[noreturn]] void continue_as_new(const T& input) {
        do_continue_as_new(detail::to_json_text(input));
        std::abort();  // it does not return
    }

protected:
    virtual std::optional<std::string> do_step(const std::string& name,
                                               const detail::StepFunction& function,
                                               const StepOptions& options) = 0;
    virtual std::optional<std::string> do_step_in_transaction(const std::string& name,
                                                              const detail::StepFunction& function,
                                                              const StepOptions& options) = 0;
    virtual std::shared_ptr<detail::PendingStep> do_step_async(const std::string& name,
                                                               detail::StepFunction function,
                                                               const StepOptions& options) = 0;
    struct Waited {
        bool timed_out = false;
        std::optional<std::string> value = {};
    };
    virtual Waited do_wait(const std::string& sql_function, const std::string& name,
                           const std::string& target, std::optional<Duration> timeout) = 0;
    virtual std::int64_t do_start_child(const std::string& name, const std::string& workflow,
                                        const std::string& input, const ChildOptions& options) = 0;
    virtual std::vector<std::int64_t> do_start_children(const std::string& name,
                                                        const std::string& workflow,
                                                        const std::vector<std::string>& inputs,
                                                        const ChildOptions& options) = 0;
    virtual void do_set_value(const std::string& key, const std::string& value) = 0;
    // Does not return.
    virtual void do_continue_as_new(const std::string& input) = 0;

private:
    template <typename T>
    static std::optional<T> waited(const Waited& outcome, const std::string& name) {
        if (outcome.timed_out) {
            return std::nullopt;
        }
        return std::optional<T>(
            detail::from_json_text<T>(outcome.value, "the value of wait \"" + name + "\""));
    }
};

// Called by all threads, at the same time. Answers the output of the run as JSON text, or none.
using RunHandler = std::function<std::optional<std::string>(Run&)>;

// The handlers of workflows.
class WorkflowSet {
public:
    // `function` takes a const Input& and a Run&. What it returns, if anything, is the output of the run. `versions`:
    // those that it knows; the empty text stands for runs without a version. Without any it takes all that no other
    // handler of the workflow knows.
    template <typename Input, typename Function>
    WorkflowSet& on(const std::string& workflow, Function function,
                    const std::vector<std::string>& versions = {}) {
        return on_run(
            workflow,
            [function = std::move(function)](Run& run) -> std::optional<std::string> {
                using Output =
                    detail::Kept<std::invoke_result_t<const Function&, const Input&, Run&>>;
                const auto input = run.input_as<Input>();
                if constexpr (std::is_void_v<Output>) {
                    function(input, run);
                    return std::nullopt;
                } else {
                    return detail::to_json_text<Output>(function(input, run));
                }
            },
            versions);
    }
    // Raises InvalidArgument (PQ010) when there is one already for the workflow and one of the versions.
    WorkflowSet& on_run(const std::string& workflow, RunHandler handler,
                        const std::vector<std::string>& versions = {});

    // Null: this set does not know the workflow or the version.
    const RunHandler* find(const std::string& workflow,
                           const std::optional<std::string>& version) const;
    bool empty() const { return handlers_.empty(); }

private:
    struct Handlers {
        std::map<std::string, RunHandler> by_version;
        RunHandler otherwise;
    };
    std::map<std::string, Handlers> handlers_;
};

// What happened, for logs and statistics. Told by the worker's threads, one at a time; what the callback raises is
// ignored.
struct RunEvent {
    enum class Kind {
        started,  // a handler begins
        succeeded,
        failed,           // the attempt, or for good: `final` (error says why)
        cancelled,        // somebody had asked for it
        suspended,        // it waits for what the handler asked for
        continued,        // by continue_as_new
        released,         // given back: the worker is to stop, or a step is tried again later
        no_handler,       // given back: the set has no handler for it
        lease_lost,       // somebody else has it, or the end came too late
        connection_lost,  // reconnecting after `delay` (error says why)
        connection_back,
    };
    Kind kind = {};
    const RunDelivery* run = nullptr;  // null for the last two
    std::string error = {};
    Duration delay{};    // until it is tried again
    bool final = false;  // it has failed for good
};

struct WorkRunsOptions {
    int concurrency = 1;
    std::optional<Duration> lock_time =
        {};  // length of the lease; without, the configuration's or the queue's
    bool extend_leases = true;
    // Returns when there is nothing to deliver, instead of waiting.
    bool stop_when_empty = false;
    // Returns after this many deliveries; 0: no limit.
    std::int64_t max_deliveries = 0;
    // As in WorkOptions.
    std::string worker_name = {};
    // Of steps with step_async(), so many are executed at the same time; they use as many connections.
    int parallel_steps = 4;
    // A shorter wait for another attempt of a step is waited for with the run in hand.
    Duration longest_wait = std::chrono::seconds(5);
    // Of the steps a run has recorded, so much comes with its delivery; the others are asked for when they are needed.
    std::int64_t step_bytes = 1024 * 1024;
    std::function<void(const RunEvent&)> on_event = {};
};

struct RunSummary {
    std::int64_t succeeded = 0;
    std::int64_t failed = 0;  // attempts, also the last ones
    std::int64_t failed_for_good = 0;
    std::int64_t cancelled = 0;
    std::int64_t suspended = 0;
    std::int64_t continued = 0;
    std::int64_t released = 0;
    std::int64_t no_handler = 0;
    std::int64_t lease_lost = 0;
};

// Runs until stopped, empty or max_deliveries. After a stop a handler goes on to its next step and gives its run back;
// after the last of max_deliveries those that run come to their end. Lost connections and errors are dealt with as
// work() does; what handlers raise never leaves it. Raises InvalidArgument (PQ010) for bad options and a set without
// handlers, ServerError PQ002 when there is no such queue, PQ023 for a queue of messages.
RunSummary work_runs(const Config& config, const std::string& queue, const WorkflowSet& flows,
                     const WorkRunsOptions& options, Stop& stop);
RunSummary work_runs(const Config& config, const std::string& queue, const WorkflowSet& flows,
                     const WorkRunsOptions& options = {});

template <typename T>
T ChildResult::as() const {
    return detail::from_json_text<T>(output, "the output of run " + std::to_string(run));
}

}  // namespace pgqrs
