#include "run_calls.hpp"

#include <nlohmann/json.hpp>

#include "error_text.hpp"
#include "pgqrs/client/json_check.hpp"
#include "rows.hpp"

namespace pgqrs {
namespace {

using Clock = std::chrono::steady_clock;

// One row for each step, or one for a run without any. What is large comes with the first one only.
constexpr const char* kClaim =
    "SELECT c.run, c.workflow, c.version, c.read_ct, c.attempt, c.reason, c.steps_complete, "
    "CASE WHEN coalesce(s.place, 1) = 1 THEN c.input END, "
    "CASE WHEN coalesce(s.place, 1) = 1 THEN c.headers END, "
    "s.step->>'name', s.step->>'seq', s.step->>'kind', s.step->>'status', s.step->'output', "
    "s.step->>'error', s.step->>'attempt', s.step->>'child', "
    "(extract(epoch FROM (s.step->>'until')::timestamptz - clock_timestamp()) * 1000000)::bigint "
    "FROM pgqrs.claim_runs($1, 1, $2::interval, $3::interval, $4::bigint, $5::bigint) AS c "
    "LEFT JOIN LATERAL jsonb_array_elements(c.steps) WITH ORDINALITY AS s (step, place) ON true";

Parameter parameter_of(std::int64_t number) { return std::to_string(number); }

std::optional<std::string> text_or_none(const Result& result, int row, int column) {
    return result.is_null(row, column) ? std::nullopt : std::optional(result.text(row, column));
}

// A time that is so far from now.
std::optional<Clock::time_point> due_in(const Result& result, int row, int column) {
    if (result.is_null(row, column)) {
        return std::nullopt;
    }
    return Clock::now() + std::chrono::microseconds(result.integer(row, column));
}

std::string backoff_text(Backoff backoff) { return to_string(backoff); }

std::vector<std::pair<const char*, Parameter>> key_arguments(const StepKey& key) {
    return {{"name => $::text", key.first}, {"seq => $::bigint", parameter_of(key.second)}};
}

void append(std::vector<std::pair<const char*, Parameter>>& all,
            const std::vector<std::pair<const char*, Parameter>>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

// The items of a JSON array, which objects are, as their texts: numbers keep their digits.
ChildResult child_of(const std::string& text) {
    ChildResult child;
    for (const auto& member : json_members(text).value_or(std::vector<JsonMember>())) {
        if (member.name == "output") {
            child.output = member.value;
        } else if (member.name == "run") {
            child.run = nlohmann::json::parse(member.value).get<std::int64_t>();
        } else if (member.name == "continued_as") {
            child.continued_as = nlohmann::json::parse(member.value).get<std::int64_t>();
        } else if (member.name == "error") {
            child.error = nlohmann::json::parse(member.value).get<std::string>();
        } else if (member.name == "state") {
            const auto label = nlohmann::json::parse(member.value).get<std::string>();
            for (int state = 0; state < static_cast<int>(ChildState::unknown); ++state) {
                if (label == to_string(static_cast<ChildState>(state))) {
                    child.state = static_cast<ChildState>(state);
                }
            }
        }
    }
    return child;
}

// The texts of the items of an array. Only strings can hide brackets and commas.
std::vector<std::string> items_of(const std::string& array) {
    std::vector<std::string> items;
    std::size_t start = 1;
    int depth = 0;
    bool in_string = false;
    for (std::size_t at = 0; at < array.size(); ++at) {
        const char c = array[at];
        if (in_string) {
            at += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            ++depth;
        } else if (c == ']' || c == '}') {
            --depth;
        }
        if (!in_string && ((c == ',' && depth == 1) || (c == ']' && depth == 0))) {
            items.push_back(array.substr(start, at - start));
            start = at + 1;
        }
    }
    return array == "[]" ? std::vector<std::string>() : items;
}

}  // namespace

std::optional<ClaimedRun> claim_run(Connection& connection, const std::string& queue,
                                    const ClaimOptions& options, const Stop* stop) {
    const Result result =
        connection.execute(kClaim,
                           {queue, to_interval(options.lease), to_interval(options.wait),
                            number_or_null(options.worker), std::to_string(options.step_bytes)},
                           stop);
    if (result.rows() == 0) {
        return std::nullopt;
    }
    ClaimedRun claimed;
    RunDelivery& run = claimed.delivery;
    run.id = result.integer(0, 0);
    run.workflow = result.text(0, 1);
    run.version = text_or_none(result, 0, 2);
    run.read_ct = static_cast<int>(result.integer(0, 3));
    run.attempt = static_cast<int>(result.integer(0, 4));
    run.reason = result.text(0, 5);
    claimed.steps_complete = result.boolean(0, 6);
    run.input = result.is_null(0, 7) ? "null" : result.text(0, 7);
    run.headers = text_or_none(result, 0, 8);
    for (int row = 0; row < result.rows() && !result.is_null(row, 9); ++row) {
        RecordedStep step;
        step.kind = result.text(row, 11);
        step.status = result.text(row, 12);
        step.output = text_or_none(result, row, 13);
        step.error = result.text(row, 14);
        step.attempt = static_cast<int>(result.integer(row, 15));
        if (!result.is_null(row, 16)) {
            step.child = result.integer(row, 16);
        }
        step.due = due_in(result, row, 17);
        claimed.steps.emplace(StepKey(result.text(row, 9), result.integer(row, 10)),
                              std::move(step));
    }
    return claimed;
}

RunCalls::RunCalls(Connection& connection, const RunDelivery& run)
    : connection_(connection),
      run_(std::to_string(run.id)),
      read_ct_(std::to_string(run.read_ct)) {}

// Arguments are named, with $ for the number of the parameter.
Result RunCalls::call(const std::string& columns, const std::string& function,
                      const std::vector<std::pair<const char*, Parameter>>& arguments) {
    std::string sql = "SELECT " + columns + " FROM pgqrs." + function + "(run => $1::bigint";
    std::vector<Parameter> parameters{run_};
    for (const auto& [argument, value] : arguments) {
        std::string named = argument;
        parameters.push_back(value);
        named.insert(named.find('$') + 1, std::to_string(parameters.size()));
        sql += ", " + named;
    }
    return connection_.execute(sql + ")", parameters);
}

std::optional<RecordedStep> RunCalls::get_step(const StepKey& key) {
    const Result result = call(
        "status, output, error, attempt, (extract(epoch FROM until - clock_timestamp()) * "
        "1000000)::bigint",
        "get_step", key_arguments(key));
    if (result.rows() == 0) {
        return std::nullopt;
    }
    RecordedStep step;
    step.status = result.text(0, 0);
    step.output = text_or_none(result, 0, 1);
    step.error = result.text(0, 2);
    step.attempt = static_cast<int>(result.integer(0, 3));
    step.due = due_in(result, 0, 4);
    return step;
}

RecordedStep RunCalls::begin_step(const StepKey& key, const StepOptions& options) {
    auto arguments = key_arguments(key);
    append(arguments, {{"read_ct => $::bigint", read_ct_},
                       {"at_most_once => $::boolean", boolean_or_null(options.at_most_once)},
                       {"input_hash => $::text",
                        options.input_hash.empty() ? Parameter() : Parameter(options.input_hash)}});
    const Result result = call("status, output, error, attempt", "begin_step", arguments);
    RecordedStep step;
    step.kind = "step";
    step.status = result.text(0, 0);
    step.output = text_or_none(result, 0, 1);
    step.error = result.text(0, 2);
    step.attempt = static_cast<int>(result.integer(0, 3));
    return step;
}

std::optional<std::string> RunCalls::complete_step(const StepKey& key,
                                                   const std::optional<std::string>& output,
                                                   const StepOptions& options,
                                                   bool raise_when_recorded) {
    auto arguments = key_arguments(key);
    append(arguments, {{"read_ct => $::bigint", read_ct_},
                       {"output => $::jsonb", output},
                       {"input_hash => $::text",
                        options.input_hash.empty() ? Parameter() : Parameter(options.input_hash)},
                       {"on_recorded => $::text", raise_when_recorded ? "raise" : "return"}});
    return text_or_none(call("output", "complete_step", arguments), 0, 0);
}

FailedStep RunCalls::fail_step(const StepKey& key, const std::string& error, bool retryable,
                               const StepOptions& options) {
    const auto with = [&](const std::string& text) {
        auto arguments = key_arguments(key);
        append(arguments, {{"read_ct => $::bigint", read_ct_},
                           {"error => $::text", text},
                           {"retryable => $::boolean", boolean_or_null(retryable)},
                           {"max_attempts => $::bigint", parameter_of(options.max_attempts)},
                           {"backoff => $::text", backoff_text(options.backoff)},
                           {"backoff_base => $::interval", to_interval(options.backoff_base)},
                           {"backoff_cap => $::interval", to_interval(options.backoff_cap)}});
        const Result result =
            call("retry, (extract(epoch FROM at - clock_timestamp()) * 1000000)::bigint",
                 "fail_step", arguments);
        return FailedStep{result.boolean(0, 0),
                          std::max(Duration(0), Duration(result.integer(0, 1)))};
    };
    return with_error_text(error, with);
}

Suspended RunCalls::suspend(const std::string& function,
                            std::vector<std::pair<const char*, Parameter>> arguments,
                            const StepKey& key) {
    append(arguments, key_arguments(key));
    append(arguments, {{"read_ct => $::bigint", read_ct_}});
    const Result result = call("status, value", function, arguments);
    const std::string status = result.text(0, 0);
    return {status == "ready"       ? Suspension::ready
            : status == "timed_out" ? Suspension::timed_out
                                    : Suspension::suspended,
            text_or_none(result, 0, 1)};
}

Suspended RunCalls::sleep(const StepKey& key, Duration duration) {
    return suspend("sleep", {{"duration => $::interval", to_interval(duration)}}, key);
}

Suspended RunCalls::sleep_until(const StepKey& key, TimePoint until) {
    return suspend("sleep", {{"until => $::timestamptz", to_iso8601(until)}}, key);
}

Suspended RunCalls::wait_for(const std::string& function, const StepKey& key,
                             const std::string& target, const std::optional<Duration>& timeout) {
    return suspend(function,
                   {{function == "wait_signal" ? "signal => $::text" : "event => $::text", target},
                    {"timeout => $::interval", interval_or_null(timeout)}},
                   key);
}

Suspended RunCalls::wait_runs(const StepKey& key, const std::vector<std::int64_t>& runs, bool any,
                              const std::optional<Duration>& timeout) {
    return suspend("wait_runs",
                   {{"runs => $::bigint[]", array_of(runs)},
                    {"mode => $::text", any ? "any" : "all"},
                    {"timeout => $::interval", interval_or_null(timeout)}},
                   key);
}

std::int64_t RunCalls::start_child(const StepKey& key, const std::string& workflow,
                                   const std::string& input, const ChildOptions& options) {
    auto arguments = key_arguments(key);
    append(arguments, {{"read_ct => $::bigint", read_ct_},
                       {"workflow => $::text", workflow},
                       {"input => $::jsonb", input},
                       {"on_parent_end => $::text", options.abandon ? "abandon" : "cancel"},
                       {"priority => $::bigint", parameter_of(options.priority)},
                       {"delay => $::interval", to_interval(options.delay)}});
    return call("child", "start_child", arguments).integer(0, 0);
}

std::vector<std::int64_t> RunCalls::start_children(const StepKey& key, const std::string& workflow,
                                                   const std::vector<std::string>& inputs,
                                                   const ChildOptions& options) {
    std::vector<Parameter> texts(inputs.begin(), inputs.end());
    auto arguments = key_arguments(key);
    append(arguments, {{"read_ct => $::bigint", read_ct_},
                       {"workflow => $::text", workflow},
                       {"inputs => $::jsonb[]", array_of(texts)},
                       {"on_parent_end => $::text", options.abandon ? "abandon" : "cancel"}});
    const Result result = call("start_children", "start_children", arguments);
    std::vector<std::int64_t> ids;
    for (int row = 0; row < result.rows(); ++row) {
        ids.push_back(result.integer(row, 0));
    }
    return ids;
}

void RunCalls::set_value(const std::string& key, const std::string& value) {
    call("1", "set_value",
         {{"read_ct => $::bigint", read_ct_},
          {"key => $::text", key},
          {"value => $::jsonb", value}});
}

bool RunCalls::cancel_requested() {
    const Result result = call("cancel_requested OR state = 'cancelled'", "get_run", {});
    return result.rows() > 0 && result.boolean(0, 0);
}

std::string RunCalls::complete_run(const std::optional<std::string>& output) {
    return call("complete_run", "complete_run",
                {{"read_ct => $::bigint", read_ct_}, {"output => $::jsonb", output}})
        .text(0, 0);
}

EndedRun RunCalls::fail_run(const std::string& error, bool retryable) {
    return with_error_text(error, [&](const std::string& text) {
        const Result result =
            call("state, (extract(epoch FROM available_at - clock_timestamp()) * 1000000)::bigint",
                 "fail_run",
                 {{"read_ct => $::bigint", read_ct_},
                  {"error => $::text", text},
                  {"retryable => $::boolean", boolean_or_null(retryable)}});
        return EndedRun{result.text(0, 0), std::max(Duration(0), Duration(result.integer(0, 1)))};
    });
}

void RunCalls::release_run(const std::optional<Duration>& delay, const std::string& reason) {
    call("1", "release_run",
         {{"read_ct => $::bigint", read_ct_},
          {"at => clock_timestamp() + $::interval", interval_or_null(delay)},
          {"reason => $::text", reason}});
}

std::optional<std::int64_t> RunCalls::continue_as_new(const std::string& input) {
    const Result result = call("continue_as_new", "continue_as_new",
                               {{"read_ct => $::bigint", read_ct_}, {"input => $::jsonb", input}});
    return result.is_null(0, 0) ? std::nullopt : std::optional(result.integer(0, 0));
}

std::vector<ChildResult> children_of(const std::optional<std::string>& value) {
    std::vector<ChildResult> children;
    for (const auto& item : items_of(value.value_or("[]"))) {
        children.push_back(child_of(item));
    }
    return children;
}

}  // namespace pgqrs
