#include "workflow/look_at_runs.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "workflow/find_run.hpp"
#include "workflow/state.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

// The columns that pgqrs.run and the rows of list_runs() begin with. r, m, w, q are the run, its message or
// null, the workflow and the queue. The casts take the domains off.
#define PGQRS_RUN_COLUMNS(now) \
    "r.id, w.name, q.name, r.version, (" PGQRS_RUN_STATE(now) ")::pgqrs.run_state, m.waiting_for," \
    " m.attempt, coalesce(m.read_ct::integer, r.read_ct, 0),"                                      \
    " CASE WHEN m.vt IS NOT NULL THEN m.worker_id END,"                                            \
    " CASE WHEN m.vt IS NULL AND m.priority >= 0"                                                  \
    "  THEN m.available_at::pg_catalog.timestamptz END,"                                           \
    " m.vt::pg_catalog.timestamptz, r.parent_id, r.first_id, r.continued_as, r.created_at,"        \
    " r.finished_at, m.expires_at::pg_catalog.timestamptz, r.key,"                                 \
    " EXISTS (SELECT FROM pgqrs.run_requests AS c WHERE c.run_id = r.id AND c.kind = 'cancel')"

constinit pg::Statement select_run(
    "SELECT " PGQRS_RUN_COLUMNS("$2") ", r.headers, r.input, r.output, r.error"
    " FROM pgqrs.runs AS r"
    " LEFT JOIN pgqrs.messages AS m ON m.id = r.id"
    " LEFT JOIN pgqrs.workflows AS w ON w.id = r.workflow_id"
    " LEFT JOIN pgqrs.queues AS q ON q.id = r.queue_id"
    " WHERE r.id = $1",
    pg::Planning::indexed);

// $1 the workflows, $2 the time, $3 start after this id, $4 how many, $5 and $6 when they were started, $7 the
// state. Of each workflow it reads an index in the order of the ids.
#define PGQRS_NO_PAYLOAD "NULL::jsonb, NULL::jsonb, NULL::jsonb"
#define PGQRS_PAGE_OF_RUNS(condition)                                                           \
    "SELECT l.* FROM unnest($1) AS k (id)"                                                      \
    " JOIN pgqrs.workflows AS w ON w.id = k.id"                                                 \
    " CROSS JOIN LATERAL ("                                                                     \
    "  SELECT " PGQRS_RUN_COLUMNS("$2") ", " PGQRS_NO_PAYLOAD                                   \
                                        ", r.error"                                             \
                                        "  FROM pgqrs.runs AS r"                                \
                                        "  LEFT JOIN pgqrs.messages AS m ON m.id = r.id"        \
                                        "  LEFT JOIN pgqrs.queues AS q ON q.id = r.queue_id"    \
                                        "  WHERE r.workflow_id = k.id AND r.id > $3"            \
                                        "   AND ($5 IS NULL OR r.created_at >= $5) AND ($6 IS " \
                                        "NULL OR r.created_at < $6)" condition                  \
                                        "  ORDER BY r.id LIMIT $4) AS l (id)"                   \
                                        " ORDER BY l.id LIMIT $4"

constinit pg::Statement page_of_all(PGQRS_PAGE_OF_RUNS(" AND $7 IS NULL"), pg::Planning::indexed);
constinit pg::Statement page_of_active(
    PGQRS_PAGE_OF_RUNS(" AND r.final IS NULL AND (" PGQRS_RUN_STATE("$2") ") = $7"),
    pg::Planning::indexed);
constinit pg::Statement page_of_succeeded(
    PGQRS_PAGE_OF_RUNS(" AND r.final = 'succeeded' AND $7 IS NOT NULL"), pg::Planning::indexed);
constinit pg::Statement page_of_others(
    PGQRS_PAGE_OF_RUNS(" AND r.final > 'succeeded' AND r.final = $7::pgqrs.run_state"),
    pg::Planning::indexed);

constinit pg::Statement all_workflows("SELECT id FROM pgqrs.workflows ORDER BY id");
constinit pg::Statement some_workflows(
    "SELECT id FROM pgqrs.workflows WHERE queue_id = ANY ($1) ORDER BY id");

// s is the step, r its run, m the message of the run, or null, and $2 the time. A sleep is over when its time has come,
// unless the run ended before: nobody writes its row again.
#define PGQRS_SLEPT \
    "s.kind = 'sleep' AND s.status = 'started' AND s.until <= least($2, r.finished_at)"
#define PGQRS_STATUS_SHOWN \
    "CASE WHEN " PGQRS_SLEPT " THEN 'succeeded' ELSE " PGQRS_STEP_STATUS " END"
#define PGQRS_STEP_END "CASE WHEN " PGQRS_SLEPT " THEN s.until ELSE s.recorded_at END"
#define PGQRS_STEPS_OF_RUN                              \
    " FROM pgqrs.steps AS s"                            \
    " JOIN pgqrs.runs AS r ON r.id = s.run_id"          \
    " LEFT JOIN pgqrs.messages AS m ON m.id = s.run_id" \
    " WHERE s.run_id = $1"

constinit pg::Statement select_steps("SELECT s.name, s.seq, s.kind, " PGQRS_STATUS_SHOWN
                                     ", s.attempt, s.read_ct,"
                                     " s.started_at, " PGQRS_STEP_END
                                     ", s.until, s.child_id, s.output, s.error" PGQRS_STEPS_OF_RUN
                                     " ORDER BY s.started_at, s.name, s.seq",
                                     pg::Planning::indexed);

// The run itself, its steps, and the failures of its deliveries.
constinit pg::Statement select_timeline(
    "SELECT t.* FROM ("
    " SELECT w.name, NULL::integer, 'run', " PGQRS_RUN_STATE("$2") ", r.created_at, r.finished_at, m.attempt,"
    "  NULL::bigint, r.error"
    " FROM pgqrs.runs AS r"
    " LEFT JOIN pgqrs.messages AS m ON m.id = r.id"
    " LEFT JOIN pgqrs.workflows AS w ON w.id = r.workflow_id"
    " WHERE r.id = $1"
    " UNION ALL"
    " SELECT s.name, s.seq, s.kind::text, (" PGQRS_STATUS_SHOWN ")::text, s.started_at, "
    PGQRS_STEP_END ","
    "  s.attempt, s.child_id, s.error"
    PGQRS_STEPS_OF_RUN
    " UNION ALL"
    " SELECT NULL, NULL, 'failure', CASE WHEN f.died THEN 'failed' ELSE 'retrying' END, f.failed_at,"
    "  f.failed_at, f.attempt, NULL, f.error"
    " FROM pgqrs.failures AS f WHERE f.message_id = $1"
    ") AS t (name, seq, kind, status, started_at, ended_at, attempt, child, error)"
    " ORDER BY t.kind <> 'run', t.started_at, t.ended_at, t.name, t.seq",
    pg::Planning::indexed);

// $1 the time, $2 the time since which something must be so to be shown, $3 the queues, or null for all. Of the
// reasons for a run the first one counts.
constinit pg::Statement select_stuck(R"sql(
    SELECT DISTINCT ON (s.id) s.id, s.workflow, s.why, s.since, s.hint
    FROM (
        SELECT
            r.id, w.name,
            c.place, c.why, c.since::pg_catalog.timestamptz, c.hint
        FROM pgqrs.runs AS r
        JOIN pgqrs.workflows AS w ON w.id = r.workflow_id
        JOIN pgqrs.queues AS q ON q.id = r.queue_id
        LEFT JOIN pgqrs.messages AS m ON m.id = r.id
        LEFT JOIN pgqrs.workers AS k ON k.id = m.worker_id
        CROSS JOIN LATERAL (
            SELECT 1, 'no_message', r.created_at,
                'Somebody has removed its message by hand. cancel_run() ends it.'
            WHERE m.id IS NULL
            UNION ALL
            SELECT 2, 'step_open', h.xact_start,
                'Process ' || h.pid || ' has a transaction open that holds it. '
                || 'pg_terminate_backend() or idle_in_transaction_session_timeout ends it.'
            FROM pg_catalog.pg_stat_activity AS h
            WHERE m.xmax <> '0' AND h.backend_xid = m.xmax AND h.xact_start <= $2
            UNION ALL
            SELECT 3, 'overdue', m.expires_at,
                'Its deadline has passed. maintain(), or the background worker, ends it.'
            WHERE m.expires_at <= $2 AND (m.vt IS NULL OR m.vt <= $2)
            UNION ALL
            SELECT 4, 'cancel_requested', min(x.requested_at),
                'It ends when its worker ends the delivery, or when it would be delivered again.'
            FROM pgqrs.run_requests AS x
            WHERE x.run_id = r.id AND x.kind = 'cancel'
            HAVING min(x.requested_at) <= $2
            UNION ALL
            SELECT 5, 'in_doubt', min(t.started_at),
                'decide_step() says what came of the step ' || min(quote_ident(t.name)) || '.'
            FROM pgqrs.steps AS t
            WHERE t.run_id = r.id AND t.status = 'started' AND t.at_most_once
                AND (m.vt IS NULL OR m.vt <= $1 OR t.read_ct <> m.read_ct)
            HAVING count(*) > 0
            UNION ALL
            SELECT 6, 'no_handler', coalesce(m.delivered_at, r.created_at),
                'No worker knew the workflow or its version. alter_workflow() or resume_run() '
                || 'has it delivered again.'
            WHERE m.waiting_for = 'no_handler' AND m.priority < 0
            UNION ALL
            SELECT 7, 'queue_paused', greatest(m.available_at, r.created_at),
                'resume_queue() has it delivered.'
            WHERE q.paused_at IS NOT NULL AND m.priority >= 0 AND m.available_at <= $1
                AND (m.vt IS NULL OR m.vt <= $1 OR k.state = 'dead')
            UNION ALL
            SELECT 8, 'crashed', least(m.vt, k.died_at),
                'The lease of its worker has ended, and nobody has got it since.'
            WHERE m.vt <= $2 OR k.state = 'dead' AND k.died_at <= $2
            UNION ALL
            SELECT 9,
                CASE
                    WHEN EXISTS (
                        SELECT
                        FROM pgqrs.workers AS l
                        WHERE l.queue_id = r.queue_id AND l.state IN ('ready', 'polling'))
                    THEN 'not_taken' ELSE 'no_worker'
                END,
                m.available_at,
                'It could be delivered. Is there a worker that claims from the queue '
                || quote_ident(q.name) || '?'
            WHERE m.vt IS NULL AND m.priority >= 0 AND m.available_at <= $2
            UNION ALL
            SELECT 10, 'not_woken', min(v.enqueued_at),
                'It may have got what it waits for. Whoever claims from the queue, or maintain(), wakes it.'
            FROM pgqrs.wakes AS v
            WHERE v.id = r.id AND v.queue_id = r.queue_id AND m.vt IS NULL
            HAVING min(v.enqueued_at) <= $2
        ) AS c (place, why, since, hint)
        WHERE r.final IS NULL
            AND ($3 IS NULL OR r.queue_id = ANY ($3))
    ) AS s (id, workflow, place, why, since, hint)
    ORDER BY s.id, s.place
)sql");

// $1 the workflows, $2 the time, $3 at most so many runs of each kind.
#define PGQRS_COUNT_ENDED(final, name)                                              \
    " CROSS JOIN LATERAL ("                                                         \
    "  SELECT count(*) FROM ("                                                      \
    "   SELECT FROM pgqrs.runs AS r"                                                \
    "   WHERE r.workflow_id = k.id AND r.final > 'succeeded' AND r.final = '" final \
    "' LIMIT $3"                                                                    \
    "  ) AS e) AS " name " (count)"
constinit pg::Statement select_metrics(
    "SELECT w.name, q.name, a.active, a.queued, a.running, a.sleeping, a.waiting, a.retrying,"
    " a.paused, a.crashed, f.count, c.count, t.count, $2 - a.oldest,"
    " a.active < $3 AND f.count < $3 AND c.count < $3 AND t.count < $3"
    " FROM unnest($1) AS k (id)"
    " JOIN pgqrs.workflows AS w ON w.id = k.id"
    " LEFT JOIN pgqrs.queues AS q ON q.id = w.queue_id"
    " CROSS JOIN LATERAL ("
    "  SELECT count(*) AS active,"
    "   count(*) FILTER (WHERE s.state = 'queued') AS queued,"
    "   count(*) FILTER (WHERE s.state = 'running') AS running,"
    "   count(*) FILTER (WHERE s.state = 'sleeping') AS sleeping,"
    "   count(*) FILTER (WHERE s.state = 'waiting') AS waiting,"
    "   count(*) FILTER (WHERE s.state = 'retrying') AS retrying,"
    "   count(*) FILTER (WHERE s.state = 'paused') AS paused,"
    "   count(*) FILTER (WHERE s.state = 'crashed') AS crashed,"
    "   min(s.available_at) FILTER (WHERE s.state = 'queued' AND s.available_at <= $2) AS oldest"
    "  FROM ("
    "   SELECT (" PGQRS_RUN_STATE("$2") ") AS state,"
    "    m.available_at::pg_catalog.timestamptz AS available_at"
    "   FROM pgqrs.runs AS r"
    "   LEFT JOIN pgqrs.messages AS m ON m.id = r.id"
    "   WHERE r.workflow_id = k.id AND r.final IS NULL"
    "   ORDER BY r.id LIMIT $3) AS s"
    " ) AS a"
    PGQRS_COUNT_ENDED("failed", "f") PGQRS_COUNT_ENDED("cancelled", "c")
    PGQRS_COUNT_ENDED("timed_out", "t")
    " ORDER BY k.id",
    pg::Planning::indexed);

constexpr engine::Need kReadRuns{&engine::kRuns, ACL_SELECT};
constexpr engine::Need kReadMessages{&engine::kMessages, ACL_SELECT};
constexpr engine::Need kReadWorkflows{&engine::kWorkflows, ACL_SELECT};
constexpr engine::Need kReadQueues{&engine::kQueues, ACL_SELECT};
constexpr engine::Need kReadWorkers{&engine::kWorkers, ACL_SELECT};
constexpr engine::Need kReadRequests{&engine::kRunRequests, ACL_SELECT};
constexpr engine::Need kReadSteps{&engine::kSteps, ACL_SELECT};
constexpr engine::Need kReadFailures{&engine::kFailures, ACL_SELECT};
constexpr engine::Need kReadWakes{&engine::kWakes, ACL_SELECT};

constexpr std::initializer_list<engine::Need> kReadAll = {
    kReadRuns, kReadMessages, kReadWorkflows, kReadQueues, kReadWorkers, kReadRequests};

constexpr std::initializer_list<engine::Need> kReadStuck = {
    kReadRuns,    kReadMessages, kReadWorkflows, kReadQueues,
    kReadWorkers, kReadRequests, kReadSteps,     kReadWakes};

constexpr std::array kActiveStates = {"queued",   "running", "sleeping", "waiting",
                                      "retrying", "paused",  "crashed"};

pg::Statement& page_of(std::optional<std::string_view> state) {
    const auto is_it = [&](const char* label) { return *state == label; };
    if (!state) {
        return page_of_all;
    }
    if (std::any_of(kActiveStates.begin(), kActiveStates.end(), is_it)) {
        return page_of_active;
    }
    if (!std::any_of(core::kFinals.begin(), core::kFinals.end(), is_it)) {
        throw core::Error(core::SqlState::invalid_argument,
                          "unknown state \"" + std::string(*state) + "\"", "",
                          "It is a label of pgqrs.run_state.");
    }
    return is_it("succeeded") ? page_of_succeeded : page_of_others;
}

std::vector<std::int32_t> ids_of(const pg::Rows& rows) {
    std::vector<std::int32_t> ids;
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        ids.push_back(rows.int4(row, 1));
    }
    return ids;
}

// Calls `send` with the ids of the workflow, or of all that the caller may see, and with the rights to read about them.
template <typename Send>
void for_workflows(const std::optional<std::string_view>& name, core::Rights needed, Send send) {
    if (name) {
        const Workflow workflow = find_workflow(*name);
        const engine::StatementRights rights(workflow.access(needed), kReadAll);
        send({&workflow.id, 1});
    } else if (const auto some = engine::queues_in_reach(needed, kReadAll)) {
        const engine::StatementRights rights(kReadAll);
        send(ids_of(some_workflows.look({pg::int4_array(*some)})));
    } else {
        send(ids_of(all_workflows.look({})));
    }
}

}  // namespace

void get_run(std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        const KnownRun run = find_run(id);
        const engine::StatementRights rights(run.access(core::rights_for("get_run")), kReadAll);
        select_run.run_into(sink, {pg::int8(id), pg::timestamptz(engine::clock_now())});
    });
}

void list_runs(const RunFilter& filter, pg::RowSink& sink) {
    core::check_quantity(filter.quantity, engine::max_batch_size());
    pg::Statement& page = page_of(filter.state);
    constexpr core::Rights kRights = core::rights_for("list_runs");
    pg::with_spi([&] {
        for_workflows(filter.workflow, kRights, [&](std::span<const std::int32_t> workflows) {
            page.look_into(sink, {pg::int4_array(workflows), pg::timestamptz(engine::clock_now()),
                                  pg::int8(filter.after_id), pg::int8(filter.quantity),
                                  pg::timestamptz(filter.since), pg::timestamptz(filter.until),
                                  pg::text(filter.state)});
        });
    });
}

void workflow_metrics(const std::optional<std::string_view>& workflow, std::int64_t most,
                      pg::RowSink& sink) {
    if (most < 1) {
        throw core::Error(core::SqlState::invalid_argument,
                          "most must be at least 1: " + std::to_string(most));
    }
    constexpr core::Rights kRights = core::rights_for("workflow_metrics");
    pg::with_spi([&] {
        for_workflows(workflow, kRights, [&](std::span<const std::int32_t> workflows) {
            select_metrics.look_into(sink, {pg::int4_array(workflows),
                                            pg::timestamptz(engine::clock_now()), pg::int8(most)});
        });
    });
}

void list_steps(std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        const KnownRun run = find_run(id);
        const engine::StatementRights rights(run.access(core::rights_for("list_steps")),
                                             {kReadSteps, kReadRuns, kReadMessages});
        select_steps.look_into(sink, {pg::int8(id), pg::timestamptz(engine::clock_now())});
    });
}

void run_timeline(std::int64_t id, pg::RowSink& sink) {
    pg::with_spi([&] {
        const KnownRun run = find_run(id);
        const engine::StatementRights rights(
            run.access(core::rights_for("run_timeline")),
            {kReadRuns, kReadMessages, kReadWorkflows, kReadWorkers, kReadSteps, kReadFailures});
        select_timeline.look_into(sink, {pg::int8(id), pg::timestamptz(engine::clock_now())});
    });
}

void stuck_runs(pg::RowSink& sink) {
    // What is so for a shorter time may just be going on.
    constexpr core::Duration kLong = 60 * core::kSecond;
    pg::with_spi([&] {
        const core::Instant now = engine::clock_now();
        const auto send = [&](const pg::Value& queues) {
            select_stuck.look_into(sink,
                                   {pg::timestamptz(now), pg::timestamptz(now - kLong), queues});
        };
        if (const auto some = engine::queues_in_reach(core::rights_for("stuck_runs"), kReadStuck)) {
            const engine::StatementRights rights(kReadStuck);
            send(pg::int4_array(*some));
        } else {
            send(pg::null_of(INT4ARRAYOID));
        }
    });
}

}  // namespace pgqrs::workflow
