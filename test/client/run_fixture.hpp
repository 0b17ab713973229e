// What the tests of the workflow worker share: a workflow of their own, runs of it, and a worker in another thread.
#pragma once

#include <atomic>
#include <thread>

#include "support.hpp"

namespace test {

using pgqrs::Run;
using pgqrs::RunEvent;
using pgqrs::RunSummary;
using pgqrs::WorkflowSet;
using pgqrs::WorkRunsOptions;

// A handler of raw runs that records nothing of its own.
using Plain = std::function<void(Run&)>;

struct Runs {
    pgqrs::Connection connection = connect();
    std::string workflow = unique_name("wf");

    explicit Runs(const std::string& options = "") {
        connection.execute(
            "SELECT pgqrs.create_workflow($1" + (options.empty() ? "" : ", " + options) + ")",
            {workflow});
    }

    std::int64_t start(const std::string& input = "null", const std::string& options = "") {
        return connection
            .execute("SELECT run FROM pgqrs.start_workflow($1, $2::jsonb" +
                         (options.empty() ? "" : ", " + options) + ")",
                     {workflow, input})
            .integer(0, 0);
    }
    std::string column(std::int64_t run, const std::string& name) {
        return value(connection, "SELECT " + name + " FROM pgqrs.get_run($1::bigint)",
                     {std::to_string(run)});
    }
    std::string state(std::int64_t run) { return column(run, "state"); }
    std::string output(std::int64_t run) { return column(run, "output"); }
    std::string error(std::int64_t run) { return column(run, "error"); }
    // name, seq, status and output of its steps, as "reserve 0 succeeded 1; ..."
    std::string steps(std::int64_t run) {
        return value(
            connection,
            "SELECT string_agg(concat_ws(' ', name, seq, status, output), '; ' ORDER BY name, "
            "seq) FROM pgqrs.list_steps($1::bigint)",
            {std::to_string(run)});
    }
    void signal(std::int64_t run, const std::string& name, const std::string& payload = "null") {
        connection.execute("SELECT pgqrs.signal_run($1::bigint, $2, $3::jsonb)",
                           {std::to_string(run), name, payload});
    }
    std::string cancel(std::int64_t run) {
        return value(connection, "SELECT pgqrs.cancel_run($1::bigint, 'no more')",
                     {std::to_string(run)});
    }
    // As time would: what waits for one is due.
    void pass_time(std::int64_t run) {
        connection.execute(
            "UPDATE pgqrs.messages SET available_at = clock_timestamp() - interval '1 s' WHERE id "
            "= "
            "$1::bigint",
            {std::to_string(run)});
    }
    // The lease ends as time would end it, and another worker gets the run.
    void steal(std::int64_t run) {
        connection.execute(
            "UPDATE pgqrs.messages SET vt = clock_timestamp() - interval '1 s' WHERE id = "
            "$1::bigint",
            {std::to_string(run)});
        if (value(connection, "SELECT count(*) FROM pgqrs.claim_runs($1)", {workflow}) != "1") {
            throw std::runtime_error("the run could not be claimed");
        }
    }

    WorkflowSet set(Plain handler) {
        WorkflowSet flows;
        flows.on_run(workflow, [handler = std::move(handler)](Run& run) {
            handler(run);
            return std::nullopt;
        });
        return flows;
    }
    RunSummary work(const WorkflowSet& flows, WorkRunsOptions options = {}) {
        options.stop_when_empty = true;
        return pgqrs::work_runs(config(), workflow, flows, options);
    }
    RunSummary work(Plain handler, WorkRunsOptions options = {}) {
        return work(set(std::move(handler)), std::move(options));
    }
};

// Whether a statement with this text waits in the server, in a call of pgqrs that waits.
inline bool is_waiting(const std::string& text) {
    return value(
               "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event_type = "
               "'Extension' AND strpos(query, $1) > 0",
               {text}) != "0";
}

// work_runs() in a thread of its own, and what it raised or returned.
class WorkingOnRuns {
public:
    WorkingOnRuns(const std::string& queue, WorkflowSet flows, WorkRunsOptions options = {},
                  pgqrs::Config config = test::config())
        : thread_([this, queue, flows = std::move(flows), options, config] {
              try {
                  summary = pgqrs::work_runs(config, queue, flows, options, stop);
              } catch (const pgqrs::Error& error) {
                  sqlstate = error.sqlstate();
                  what = error.what();
              }
              ended = true;
          }) {}
    ~WorkingOnRuns() {
        stop.request();
        join();
    }
    void join() {
        if (thread_.joinable()) {
            thread_.join();
        }
    }

    pgqrs::Stop stop;
    RunSummary summary;
    std::string sqlstate;
    std::string what;
    std::atomic<bool> ended{false};

private:
    std::thread thread_;
};

}  // namespace test
