#include "pgqrs/client/workflows.hpp"

#include <chrono>
#include <utility>

#include "json_values.hpp"
#include "rows.hpp"
#include "workflow_rows.hpp"

namespace pgqrs {
namespace {

// As good as for ever, and within what the server takes.
constexpr Duration kLongestWait = std::chrono::hours(24 * 365);

// The name of the queue comes from what the caller may see of queues, as nobody needs a privilege on the table.
std::string workflows_from(const std::string& source) {
    return select(kWorkflowColumns,
                  source + " AS w LEFT JOIN pgqrs.list_queues() AS q ON q.id = w.queue_id");
}

const std::string& one_workflow() {
    static const std::string sql = workflows_from("pgqrs.get_workflow($1)");
    return sql;
}

// What create_workflow and alter_workflow take from handler to retention.
std::vector<Parameter> settings_of(const std::string& workflow, const WorkflowOptions& options) {
    return {workflow,
            options.handler,
            options.description,
            number_or_null(options.max_attempts),
            options.backoff ? Parameter(to_string(*options.backoff)) : Parameter(),
            interval_or_null(options.backoff_base),
            interval_or_null(options.backoff_cap),
            real_or_null(options.backoff_jitter),
            interval_or_null(options.run_timeout),
            interval_or_null(options.retention)};
}

// Changes a workflow, and reads it in another statement, which sees a queue that was created with it.
WorkflowInfo changed(Connection& connection, Statement change) {
    const Parameter name = change.parameters.at(0);
    const auto results = connection.pipeline({std::move(change), {one_workflow(), {name}}});
    return workflow_of(results.at(1), 0);
}

Parameter headers_of(const nlohmann::json& headers) {
    return headers.is_null() ? Parameter() : json_text(headers, "headers");
}

std::string number(std::int64_t value) { return std::to_string(value); }

void check_options_of_many(const StartOptions& options) {
    if (options.idempotency_key || options.key_period || !options.headers.is_null() ||
        options.deadline) {
        throw InvalidArgument(Error::Parts{
            "PQ010", "many runs are started with a priority, a delay and a version only"});
    }
}

}  // namespace

const char* to_string(KeyScope scope) {
    switch (scope) {
        case KeyScope::active:
            return "active";
        case KeyScope::period:
            return "period";
        case KeyScope::forever:
            break;
    }
    return "forever";
}

const char* to_string(OnConflict on_conflict) {
    switch (on_conflict) {
        case OnConflict::return_run:
            return "return";
        case OnConflict::error:
            return "error";
        case OnConflict::retry_failed:
            break;
    }
    return "retry_failed";
}

WorkflowInfo Workflows::create(const std::string& workflow, const WorkflowOptions& options,
                               bool if_not_exists) {
    auto parameters = settings_of(workflow, options);
    parameters.push_back(options.queue);
    parameters.push_back(boolean_or_null(if_not_exists));
    return changed(connection_,
                   {"SELECT FROM pgqrs.create_workflow($1, $11, $2, $3, $4::bigint, $5, "
                    "$6::interval, $7::interval, $8::double precision, $9::interval, "
                    "$10::interval, $12::boolean)",
                    std::move(parameters)});
}

WorkflowInfo Workflows::alter(const std::string& workflow, const WorkflowOptions& options) {
    if (options.queue) {
        throw InvalidArgument(Error::Parts{"PQ010", "the queue of a workflow cannot be changed"});
    }
    return changed(connection_,
                   {"SELECT FROM pgqrs.alter_workflow($1, $2, $3, $4::bigint, $5, $6::interval, "
                    "$7::interval, $8::double precision, $9::interval, $10::interval)",
                    settings_of(workflow, options)});
}

std::int64_t Workflows::drop(const std::string& workflow, bool force) {
    return connection_
        .execute("SELECT pgqrs.drop_workflow($1, $2::boolean)", {workflow, boolean_or_null(force)})
        .integer(0, 0);
}

WorkflowInfo Workflows::get(const std::string& workflow) {
    return workflow_of(connection_.execute(one_workflow(), {workflow}), 0);
}

std::vector<WorkflowInfo> Workflows::list(std::int64_t after_id, int quantity) {
    static const std::string sql =
        workflows_from("pgqrs.list_workflows($1::bigint, $2::bigint)") + " ORDER BY w.id";
    return all_rows(connection_.execute(sql, {number(after_id), number(quantity)}), workflow_of);
}

std::vector<WorkflowMetrics> Workflows::metrics(const std::optional<std::string>& workflow,
                                                std::int64_t most) {
    static const std::string sql =
        select(kWorkflowMetricsColumns, "pgqrs.workflow_metrics($1, $2::bigint)");
    return all_rows(connection_.execute(sql, {workflow, number(most)}), workflow_metrics_of);
}

StartedRun Workflows::start(const std::string& workflow, const nlohmann::json& input,
                            const StartOptions& options) {
    return start_text(workflow, json_text(input, "input"), options);
}

StartedRun Workflows::start_text(const std::string& workflow, const std::string& input,
                                 const StartOptions& options) {
    const auto result = connection_.execute(
        "SELECT run, created, state FROM pgqrs.start_workflow($1, $2::jsonb, $3, $4, $5::interval, "
        "$6, $7::bigint, $8::interval, $9::jsonb, $10, timestamptz 'epoch' + $11::interval)",
        {workflow, input, options.idempotency_key, to_string(options.key_scope),
         interval_or_null(options.key_period), to_string(options.on_conflict),
         number(options.priority), to_interval(options.delay), headers_of(options.headers),
         options.version, since_epoch(options.deadline)});
    return started_of(result, 0);
}

std::vector<std::int64_t> Workflows::start_many(const std::string& workflow,
                                                const std::vector<nlohmann::json>& inputs,
                                                const StartOptions& options) {
    check_options_of_many(options);
    std::vector<Parameter> texts;
    for (const auto& input : inputs) {
        texts.emplace_back(json_text(input, "input " + std::to_string(texts.size() + 1)));
    }
    const auto size = static_cast<std::size_t>(connection_.config().default_batch_size);
    std::vector<Statement> statements;
    for (std::size_t start = 0; start < texts.size(); start += size) {
        statements.push_back(
            {"SELECT pgqrs.start_workflows($1, $2::jsonb[], $3::bigint, $4::interval, $5)",
             {workflow, array_of(part_of(texts, start, size)), number(options.priority),
              to_interval(options.delay), options.version}});
    }
    std::vector<std::int64_t> ids;
    if (statements.empty()) {
        return ids;
    }
    for (const auto& result : connection_.pipeline(statements)) {
        for (int row = 0; row < result.rows(); ++row) {
            ids.push_back(result.integer(row, 0));
        }
    }
    return ids;
}

bool Workflows::signal(std::int64_t run, const std::string& signal, const nlohmann::json& payload,
                       const std::optional<std::string>& dedup_key) {
    return signal_text(run, signal, json_text(payload, "payload"), dedup_key);
}

bool Workflows::signal_text(std::int64_t run, const std::string& signal,
                            const std::optional<std::string>& payload,
                            const std::optional<std::string>& dedup_key) {
    return connection_
        .execute("SELECT pgqrs.signal_run($1::bigint, $2, $3::jsonb, $4)",
                 {number(run), signal, payload, dedup_key})
        .boolean(0, 0);
}

bool Workflows::emit_event(const std::string& queue, const std::string& event,
                           const nlohmann::json& payload) {
    return emit_event_text(queue, event, json_text(payload, "payload"));
}

bool Workflows::emit_event_text(const std::string& queue, const std::string& event,
                                const std::optional<std::string>& payload) {
    return connection_
        .execute("SELECT pgqrs.emit_event($1, $2, $3::jsonb)", {queue, event, payload})
        .boolean(0, 0);
}

RunInfo Workflows::get_run(std::int64_t run) {
    static const std::string sql = select(kRunColumns, "pgqrs.get_run($1::bigint)");
    return run_of(connection_.execute(sql, {number(run)}), 0);
}

std::vector<RunInfo> Workflows::list_runs(const RunFilter& filter) {
    static const std::string sql =
        select(kRunColumns,
               "pgqrs.list_runs($1, $2, timestamptz 'epoch' + $3::interval, "
               "timestamptz 'epoch' + $4::interval, $5::bigint, $6::bigint)");
    return all_rows(
        connection_.execute(
            sql, {filter.workflow, filter.state ? Parameter(to_string(*filter.state)) : Parameter(),
                  since_epoch(filter.since), since_epoch(filter.until), number(filter.after_id),
                  number(filter.quantity)}),
        run_of);
}

RunInfo Workflows::await_run(std::int64_t run, const std::optional<Duration>& timeout) {
    // The procedure holds no snapshot while it waits. The function knows the run that continues this one.
    connection_.execute("CALL pgqrs.wait_run($1::bigint, $2::interval)",
                        {number(run), to_interval(timeout.value_or(kLongestWait))});
    static const std::string sql = select(kRunColumns, "pgqrs.await_run($1::bigint, '0')");
    return run_of(connection_.execute(sql, {number(run)}), 0);
}

RunControl Workflows::cancel(std::int64_t run, const std::optional<std::string>& reason,
                             bool cascade) {
    return control_of(connection_.execute("SELECT pgqrs.cancel_run($1::bigint, $2, $3::boolean)",
                                          {number(run), reason, boolean_or_null(cascade)}),
                      0);
}

RunControl Workflows::pause(std::int64_t run, const std::optional<std::string>& reason) {
    return control_of(
        connection_.execute("SELECT pgqrs.pause_run($1::bigint, $2)", {number(run), reason}), 0);
}

bool Workflows::resume(std::int64_t run) {
    return connection_.execute("SELECT pgqrs.resume_run($1::bigint)", {number(run)}).boolean(0, 0);
}

bool Workflows::retry(std::int64_t run, const std::optional<std::string>& from_step, int seq) {
    return connection_
        .execute("SELECT pgqrs.retry_run($1::bigint, $2, $3::bigint)",
                 {number(run), from_step, number(seq)})
        .boolean(0, 0);
}

std::int64_t Workflows::fork(std::int64_t run, const std::optional<std::string>& from_step,
                             int seq) {
    return connection_
        .execute("SELECT pgqrs.fork_run($1::bigint, $2, $3::bigint)",
                 {number(run), from_step, number(seq)})
        .integer(0, 0);
}

void Workflows::decide_step(std::int64_t run, const std::string& name, int seq,
                            const StepDecision& decision) {
    connection_.execute("SELECT pgqrs.decide_step($1::bigint, $2, $3::bigint, $4::jsonb, $5)",
                        {number(run), name, number(seq), decision.output, decision.error});
}

std::int64_t Workflows::purge(const std::string& workflow, Duration older_than,
                              const std::optional<std::int64_t>& quantity) {
    return connection_
        .execute("SELECT pgqrs.purge_runs($1, $2::interval, $3::bigint)",
                 {workflow, to_interval(older_than), number_or_null(quantity)})
        .integer(0, 0);
}

std::vector<StepInfo> Workflows::list_steps(std::int64_t run) {
    return all_rows(
        connection_.execute(select(kStepColumns, "pgqrs.list_steps($1::bigint)"), {number(run)}),
        step_of);
}

std::vector<TimelineEntry> Workflows::timeline(std::int64_t run) {
    return all_rows(connection_.execute(select(kTimelineColumns, "pgqrs.run_timeline($1::bigint)"),
                                        {number(run)}),
                    timeline_entry_of);
}

std::vector<StuckRun> Workflows::stuck_runs() {
    return all_rows(connection_.execute(select(kStuckColumns, "pgqrs.stuck_runs()")), stuck_run_of);
}

RunValue Workflows::get_value(std::int64_t run, const std::string& key, Duration wait) {
    const auto result = connection_.execute(
        "SELECT found, value FROM pgqrs.get_value($1::bigint, $2, $3::interval)",
        {number(run), key, to_interval(wait)});
    RunValue value;
    value.found = result.boolean(0, 0);
    if (!result.is_null(0, 1)) {
        value.value = result.text(0, 1);
    }
    return value;
}

}  // namespace pgqrs
