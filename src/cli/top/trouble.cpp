// What goes wrong in the queues.
#include "cli/top/trouble.hpp"

#include "pgqrs/client/admin.hpp"
#include "pgqrs/client/workflows.hpp"

namespace pgqrs::cli {
namespace {

// No function counts these, as some queues hold millions of messages. Indexes lead to a few of them: to the delayed ones of
// each priority, the next ones first, and to the newest that died. Of those that died, some have been sent back since.
// EXISTS would be planned as a scan of the archive.
// $1: at most so many of each queue. $2: whether it has delayed messages at all.
constexpr const char* kFailures = R"sql(
SELECT q.name,
    CASE WHEN q.name = ANY ($2::text[]) THEN (
        SELECT count(*) FILTER (WHERE d.attempt > 0)
        FROM (
            SELECT m.attempt
            FROM generate_series(0, 9) AS p (priority)
            CROSS JOIN LATERAL (
                SELECT w.attempt
                FROM pgqrs.messages AS w
                WHERE w.queue_id = q.id
                    AND w.priority = p.priority::smallint
                    AND w.available_at > statement_timestamp()
                ORDER BY w.available_at
                LIMIT $1::bigint) AS m
            LIMIT $1::bigint) AS d)
    ELSE 0 END,
    (
        SELECT count(*)
        FROM (
            SELECT DISTINCT f.message_id
            FROM pgqrs.failures AS f
            WHERE f.queue_id = q.id
                AND f.died
            ORDER BY f.message_id DESC
            LIMIT $1::bigint) AS d
        WHERE coalesce(
            (
                SELECT a.outcome = 'dead' AND a.queue_id = q.id
                FROM pgqrs.archive AS a
                WHERE a.id = d.message_id),
            (
                SELECT m.origin_id = q.id
                FROM pgqrs.messages AS m
                WHERE m.id = d.message_id)))
FROM pgqrs.queues AS q
)sql";

std::string names_of_delayed(const std::vector<Metrics>& metrics) {
    // Names of queues need no quotes.
    std::string names = "{";
    for (const auto& one : metrics) {
        if (one.delayed > 0) {
            names += (names.size() == 1 ? "" : ",") + one.queue;
        }
    }
    return names + "}";
}

RunCounts counts_of(const WorkflowMetrics& metrics) {
    return {metrics.queued, metrics.running, metrics.sleeping, metrics.waiting, metrics.retrying,
            metrics.paused, metrics.crashed, metrics.failed,   !metrics.exact};
}

}  // namespace

RunCounts& RunCounts::operator+=(const RunCounts& other) {
    queued += other.queued;
    running += other.running;
    sleeping += other.sleeping;
    waiting += other.waiting;
    retrying += other.retrying;
    paused += other.paused;
    crashed += other.crashed;
    failed += other.failed;
    more = more || other.more;
    return *this;
}

// A role that may not ask now may not ask in two seconds.
template <typename Ask>
void TroubleFinder::ask(bool& refused, Ask ask) {
    if (refused) {
        return;
    }
    try {
        ask();
    } catch (const ServerError& error) {
        if (error.sqlstate() != "42501") {
            throw;
        }
        refused = true;
    }
}

std::map<std::string, Trouble> TroubleFinder::find(Connection& connection,
                                                   const std::vector<Metrics>& metrics) {
    std::map<std::string, Trouble> found;
    ask(failures_refused_, [&] {
        Transaction transaction(connection);
        // The planner's bounds are high, and to compile the statement takes longer than to run it.
        connection.execute("SET LOCAL jit = off");
        const auto rows =
            connection.execute(kFailures, {std::to_string(kLookedAt), names_of_delayed(metrics)});
        transaction.commit();
        for (int row = 0; row < rows.rows(); ++row) {
            Trouble& trouble = found[rows.text(row, 0)];
            trouble.retrying = rows.integer(row, 1);
            trouble.dead = rows.integer(row, 2);
        }
    });
    ask(workers_refused_, [&] {
        for (auto& health : Admin(connection).worker_health()) {
            found[health.queue].workers = health;
        }
    });
    ask(runs_refused_, [&] {
        for (const auto& workflow : Workflows(connection).metrics({}, kLookedAt)) {
            if (workflow.queue) {
                auto& runs = found[*workflow.queue].runs;
                RunCounts sum = runs.value_or(RunCounts());
                sum += counts_of(workflow);
                runs = sum;
            }
        }
    });
    for (auto& [queue, trouble] : found) {
        if (trouble.runs) {
            trouble.retrying = trouble.runs->retrying;
            trouble.dead = trouble.runs->failed;
        }
    }
    return found;
}

}  // namespace pgqrs::cli
