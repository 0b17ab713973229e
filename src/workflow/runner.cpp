#include "workflow/runner.hpp"

#include "core/error.hpp"
#include "core/message.hpp"
#include "core/rights.hpp"
#include "engine/access.hpp"
#include "engine/change.hpp"
#include "engine/clock.hpp"
#include "engine/tables.hpp"
#include "pg/json_function.hpp"
#include "pg/session_settings.hpp"
#include "pg/spi.hpp"
#include "pg/user.hpp"
#include "workflow/claim.hpp"
#include "workflow/current_run.hpp"
#include "workflow/fence.hpp"
#include "workflow/find_run.hpp"
#include "workflow/finish.hpp"
#include "workflow/handler.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

constexpr core::Rights kRights = core::rights_for("claim_runs");

constinit pg::Statement select_served(R"sql(
    SELECT q.id, q.name
    FROM pgqrs.workflows AS w
    JOIN pgqrs.queues AS q ON q.id = w.queue_id
    GROUP BY q.id, q.name
    HAVING bool_and(w.handler IS NOT NULL AND w.owner = $1 AND q.paused_at IS NULL)
    ORDER BY q.id
)sql");

constinit pg::Statement select_input("SELECT input FROM pgqrs.runs WHERE id = $1",
                                     pg::Planning::indexed);

constinit pg::Statement call_complete_run(
    "SELECT pgqrs.complete_run(run => $1, read_ct => $2, output => $3)");
constinit pg::Statement call_fail_run(
    "SELECT FROM pgqrs.fail_run(run => $1, read_ct => $2, error => $3, retryable => $4)");

// A handler that lost against other transactions is called again so often before that counts as a failure.
constexpr int kMostConflicts = 10;

// What has become somebody else's run since the queue was chosen is left to him.
constexpr core::Duration kPauseOfOthers = 10 * core::kSecond;

constexpr const char* kUnfinished = "the session that executed the run ended before the run did";

// A run that was claimed.
struct Task {
    CurrentRun run;
    std::string command;
    bool has_output;
};

// While nobody can see the attempt's end, what it is about is that it began.
void note_beginning(const LiveRun& run) {
    const engine::RowKey key{run.id(), run.message().read_ct};
    const auto mark = [&](const core::Message& row, pg::Value* cells) {
        cells[engine::MessageColumn::flags] =
            pg::int2(static_cast<std::int16_t>(row.flags | core::kAttemptBegan));
        return true;
    };
    engine::change_rows({run.messages(), run.marks(), {&key, 1}},
                        engine::row_edit(engine::places(engine::MessageColumn::flags), mark));
}

void fail(const CurrentRun& run, std::string_view error, bool retryable) {
    pg::with_spi([&] {
        call_fail_run.run({pg::int8(run.id), pg::int8(std::int64_t{run.read_ct}), pg::text(error),
                           pg::boolean(retryable)});
    });
}

// Makes the run a task, unless it cannot be one: then its delivery has ended.
std::optional<Task> make_task(std::int64_t id) {
    const auto live = LiveRun::find(id, kRights);
    if (!live) {
        return std::nullopt;
    }
    CurrentRun run{id, live->message().read_ct};
    if ((live->message().flags & core::kAttemptBegan) != 0) {
        fail(run, kUnfinished, true);
        return std::nullopt;
    }
    const KnownRun known = pg::with_spi([&] { return find_run(id); });
    const auto workflow = find_workflow_by_id(known.workflow_id);
    // A privilege to write the tables must not be one to have the server execute something as somebody else.
    const bool is_ours = workflow && workflow->owner == pg::current_user();
    const auto handler = is_ours ? find_handler(workflow->handler) : std::nullopt;
    if (!is_ours) {
        release_run(id, run.read_ct, engine::clock_now() + kPauseOfOthers, core::RunReason::start);
        return std::nullopt;
    }
    if (!handler) {
        release_run(id, run.read_ct, std::nullopt, core::RunReason::no_handler);
        return std::nullopt;
    }
    note_beginning(*live);
    return Task{std::move(run), handler->command, handler->has_output};
}

std::optional<Task> claim(const std::string& queue, const RunnerLease& lease, bool& any) {
    const std::vector<std::int64_t> runs =
        lease_runs({.queue = queue, .visibility = lease.length, .worker = lease.worker});
    any = !runs.empty();
    return any ? make_task(runs.front()) : std::nullopt;
}

void call_handler(pg::TopLevel& top, Task& task) {
    task.run.uses.clear();
    const pg::Value id = pg::int8(task.run.id);
    const pg::Value input = pg::with_spi([&] {
        const LiveRun run = own_run(task.run.id, task.run.read_ct, kRights);
        const engine::StatementRights rights(run.access(), {{&engine::kRuns, ACL_SELECT}});
        return pg::keep(select_input.run_latest({id}).at(0, 1));
    });
    const auto output = top.call(task.command, {id, input});
    if (task.run.has_left) {
        return;
    }
    pg::with_spi([&] {
        call_complete_run.run({id, pg::int8(std::int64_t{task.run.read_ct}),
                               output && task.has_output ? *output : pg::null_of(JSONBOID)});
    });
    top.commit();
}

bool is_lost(const pg::Failure& failure) {
    return failure.code == core::code_of(core::SqlState::lease_lost);
}

bool is_cancelled_call(const pg::Failure& failure) { return failure.code == "57014"; }

// With other transactions. A commit can find it, too.
bool is_conflict(const pg::Failure& failure) {
    return failure.code == "40001" || failure.code == "40P01";
}

std::string text_of(const pg::Failure& failure) {
    std::string text = failure.message;
    if (!failure.detail.empty()) {
        text += "\nDETAIL: " + failure.detail;
    }
    if (!failure.context.empty()) {
        text += "\nCONTEXT: " + failure.context;
    }
    return text;
}

void require(const std::optional<pg::Failure>& failure) {
    if (failure && !is_lost(*failure)) {
        throw pg::FailedAgain(*failure);
    }
}

// Calls the handler of the run, again and again while there are conflicts. Procedures of other owners may be next.
std::optional<pg::Failure> execute(pg::TopLevel& top, Task& task,
                                   const pg::SessionSettings& settings) {
    for (int conflicts = 0;;) {
        auto failure = top.attempt([&] { call_handler(top, task); }, pg::Isolation::of_session);
        require(top.attempt([&] {
            settings.restore();
            top.commit();
        }));
        if (!failure || !is_conflict(*failure) || ++conflicts > kMostConflicts) {
            return failure;
        }
    }
}

}  // namespace

std::vector<ServedQueue> served_queues() {
    // The statement may run with the rights of somebody else.
    const std::string user = pg::current_user();
    return pg::with_spi([&] {
        const engine::StatementRights rights(
            {{&engine::kWorkflows, ACL_SELECT}, {&engine::kQueues, ACL_SELECT}});
        const pg::Rows rows = select_served.run({pg::text(std::string_view(user))});
        std::vector<ServedQueue> queues;
        for (std::uint64_t row = 0; row < rows.count(); ++row) {
            queues.push_back({rows.int4(row, 1), std::string(pg::text_of(rows.at(row, 2)))});
        }
        return queues;
    });
}

bool execute_next(pg::TopLevel& top, const std::string& queue, const RunnerLease& lease) {
    bool any = false;
    std::optional<Task> task;
    std::optional<pg::SessionSettings> settings;
    require(top.attempt([&] {
        settings.emplace();
        task = claim(queue, lease, any);
        top.commit();
    }));
    if (!task) {
        return any;
    }
    const Execution execution(task->run);
    const auto failure = execute(top, *task, *settings);
    if (!failure || task->run.has_left) {
        return true;
    }
    if (is_cancelled_call(*failure) && !lease.worker) {
        // Whoever cancels the call of a session means the call.
        require(top.attempt([&] {
            release_run(task->run.id, task->run.read_ct, std::nullopt, core::RunReason::start);
            top.commit();
        }));
        throw pg::FailedAgain(*failure);
    }
    require(top.attempt([&] {
        fail(task->run, text_of(*failure), !task->run.step_failed);
        top.commit();
    }));
    return true;
}

void give_back_executed_run() {
    if (const CurrentRun* run = current_run_if_any(); run != nullptr && !run->has_left) {
        release_run(run->id, run->read_ct, std::nullopt, core::RunReason::start);
    }
}

}  // namespace pgqrs::workflow
