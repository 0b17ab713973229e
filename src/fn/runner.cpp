// SQL functions and procedures of sql/parts/91_runner.sql.
#include "core/limits.hpp"
#include "core/message.hpp"
#include "pg/boundary.hpp"
#include "pg/procedure.hpp"
#include "pg/top_level.hpp"
#include "workflow/current_run.hpp"
#include "workflow/run_workflows.hpp"
#include "workflow/server_steps.hpp"

using namespace pgqrs;

namespace {

constexpr std::int64_t kDefaultStepAttempts = 3;

// An argument as it is, for a call that checks it itself.
pg::Value argument(pg::Call& call, int index, Oid type) {
    return call.is_null(index) ? pg::null_of(type) : pg::of(type, call.info()->args[index].value);
}

// A step of a procedure: commits, and answers.
class Step {
public:
    Step(pg::Call& call, const char* name) : procedure_(call.info(), name) {}

    workflow::Commit commit() {
        return [this] { procedure_.commit(); };
    }
    Datum result(std::initializer_list<pg::Value> values) {
        return procedure_.result({values.begin(), values.size()});
    }
    Datum result(const workflow::WaitResult& wait) {
        return result({wait.value, pg::boolean(wait.timed_out)});
    }
    Datum done() { return procedure_.done(); }

private:
    pg::Procedure procedure_;
};

workflow::ServerChild child_of(pg::Call& call, int on_parent_end) {
    return {.name = call.text(0, "name"),
            .workflow = call.text(1, "workflow"),
            .on_parent_end = call.optional_text(on_parent_end).value_or("cancel")};
}

}  // namespace

PGQRS_FUNCTION(pgqrs_current_run) {
    const auto* run = workflow::current_run_if_any();
    return run == nullptr ? call.null_result() : call.int8_result(run->id);
}

PGQRS_FUNCTION(pgqrs_current_read_ct) {
    const auto* run = workflow::current_run_if_any();
    return run == nullptr ? call.null_result() : pg::int4(run->read_ct).datum;
}

PGQRS_FUNCTION(pgqrs_step) {
    const workflow::ServerStep step{
        .name = call.text(0, "name"),
        .function = call.text(1, "function"),
        .argument = argument(call, 2, JSONBOID),
        .returns_error = core::returns_error(call.optional_text(5).value_or("raise")),
        .max_attempts = call.int8_or(6, kDefaultStepAttempts),
        .backoff = call.optional_text(7).value_or(core::kDefaultBackoff),
        .backoff_base = call.interval_or(8, core::kDefaultBackoffBase),
        .backoff_cap = call.interval_or(9, core::kDefaultBackoffCap)};
    Step procedure(call, "pgqrs.step");
    const auto result = workflow::execute_step(step, procedure.commit());
    return procedure.result({result.output, result.error});
}

PGQRS_FUNCTION(pgqrs_sleep_step) {
    const auto name = call.text(0, "name");
    const pg::Value duration = argument(call, 1, INTERVALOID);
    const pg::Value until = argument(call, 2, TIMESTAMPTZOID);
    Step procedure(call, "pgqrs.sleep_step");
    workflow::sleep_step(name, duration, until, procedure.commit());
    return procedure.done();
}

PGQRS_FUNCTION(pgqrs_wait_signal_step) {
    const auto name = call.text(0, "name");
    const auto signal = call.text(1, "signal");
    const pg::Value timeout = argument(call, 4, INTERVALOID);
    Step procedure(call, "pgqrs.wait_signal_step");
    return procedure.result(workflow::wait_signal_step(name, signal, timeout, procedure.commit()));
}

PGQRS_FUNCTION(pgqrs_wait_event_step) {
    const auto name = call.text(0, "name");
    const auto event = call.text(1, "event");
    const pg::Value timeout = argument(call, 4, INTERVALOID);
    Step procedure(call, "pgqrs.wait_event_step");
    return procedure.result(workflow::wait_event_step(name, event, timeout, procedure.commit()));
}

PGQRS_FUNCTION(pgqrs_wait_runs_step) {
    const auto name = call.text(0, "name");
    const pg::Value runs = argument(call, 1, INT8ARRAYOID);
    const auto mode = call.optional_text(4).value_or("all");
    const pg::Value timeout = argument(call, 5, INTERVALOID);
    Step procedure(call, "pgqrs.wait_runs_step");
    return procedure.result(
        workflow::wait_runs_step(name, runs, mode, timeout, procedure.commit()));
}

PGQRS_FUNCTION(pgqrs_start_child_step) {
    const workflow::ServerChild child = child_of(call, 4);
    const pg::Value input = argument(call, 2, JSONBOID);
    const std::int64_t priority = call.int8_or(5, core::kDefaultPriority);
    const pg::Value delay = argument(call, 6, INTERVALOID);
    Step procedure(call, "pgqrs.start_child_step");
    return procedure.result(
        {pg::int8(workflow::start_child_step(child, input, priority, delay, procedure.commit()))});
}

PGQRS_FUNCTION(pgqrs_start_children_step) {
    const workflow::ServerChild child = child_of(call, 4);
    const pg::Value inputs = argument(call, 2, JSONBARRAYOID);
    Step procedure(call, "pgqrs.start_children_step");
    return procedure.result(
        {pg::int8_array(workflow::start_children_step(child, inputs, procedure.commit()))});
}

PGQRS_FUNCTION(pgqrs_continue_as_new_step) {
    const pg::Value input = argument(call, 0, JSONBOID);
    Step procedure(call, "pgqrs.continue_as_new_step");
    workflow::continue_as_new_step(input, procedure.commit());
}

PGQRS_FUNCTION(pgqrs_run_workflows) {
    const core::Duration timeout = call.interval_or(0, 0);
    pg::TopLevel top(call.info(), "pgqrs.run_workflows");
    const pg::Value runs = pg::int8(workflow::run_workflows(top, timeout));
    return pg::procedure_result(call.info(), {&runs, 1});
}
