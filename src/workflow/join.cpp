#include "workflow/join.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "workflow/suspend.hpp"

namespace pgqrs::workflow {
namespace {

// The first run of the chain of each, in the order of $2, and whether it is a child of the run, or of one that
// the run continues. One that was removed is known by the step that started it. That of an earlier run of the
// chain can have been removed, too.
constinit pg::Statement select_children(R"sql(
    WITH me AS MATERIALIZED (
        SELECT coalesce(first_id, id) AS first, first_id IS NOT NULL AS continues
        FROM pgqrs.runs
        WHERE id = $1
    ), started AS MATERIALIZED (
        SELECT
            CASE
                WHEN child_id IS NOT NULL THEN to_jsonb(ARRAY[child_id])
                WHEN jsonb_typeof(output) = 'array' THEN output
                ELSE '[]'
            END AS list
        FROM pgqrs.steps
        WHERE run_id = $1
            AND kind = 'child'
    )
    SELECT
        coalesce(c.first_id, k.id),
        CASE
            WHEN c.id IS NULL
            THEN (SELECT continues FROM me)
                OR k.id IN (SELECT e::bigint FROM started, jsonb_array_elements_text(list) AS e)
            WHEN c.parent_id = $1 THEN true
            WHEN c.parent_id IS NULL THEN false
            ELSE EXISTS (
                SELECT
                FROM pgqrs.runs AS p
                WHERE p.id = c.parent_id AND coalesce(p.first_id, p.id) = (SELECT first FROM me))
        END
    FROM unnest($2) WITH ORDINALITY AS k (id, place)
    LEFT JOIN pgqrs.runs AS c ON c.id = k.id
    ORDER BY k.place
)sql",
                                        pg::Planning::indexed);

// What has become of those that ended before $2, and how many those are. A chain is as its last run is.
constinit pg::Statement select_ended(R"sql(
    SELECT
        coalesce(
            jsonb_agg(
                jsonb_strip_nulls(jsonb_build_object(
                    'run', k.id,
                    'continued_as', n.id,
                    'state', coalesce(l.final::text, 'gone'),
                    'error', l.error))
                || CASE
                    WHEN l.output IS NULL THEN '{}' ELSE jsonb_build_object('output', l.output)
                END
                ORDER BY k.place),
            '[]'),
        count(*)
    FROM unnest($1) WITH ORDINALITY AS k (id, place)
    LEFT JOIN pgqrs.runs AS c ON c.id = k.id
    LEFT JOIN LATERAL (
        WITH RECURSIVE chain AS (
            SELECT c.continued_as AS id
            UNION ALL
            SELECT r.continued_as
            FROM chain AS before
            JOIN pgqrs.runs AS r ON r.id = before.id
            WHERE r.continued_as IS NOT NULL
        )
        SELECT max(id) AS id FROM chain WHERE c.continued_as IS NOT NULL
    ) AS n ON true
    LEFT JOIN pgqrs.runs AS l ON l.id = coalesce(n.id, k.id)
    WHERE l.id IS NULL
        OR (l.final IS NOT NULL AND l.finished_at < $2)
)sql",
                                     pg::Planning::indexed);

void raise_no_child(std::int64_t child, std::int64_t run) {
    throw core::Error(core::SqlState::invalid_argument,
                      child == run ? "run " + std::to_string(run) + " cannot wait for itself"
                                   : "run " + std::to_string(child) + " is not a child of run " +
                                         std::to_string(run));
}

// Replaces each by the first run of its chain.
void find_chains(const LiveRun& run, std::vector<std::int64_t>& children) {
    const engine::StatementRights rights(
        run.access(), {{&engine::kRuns, ACL_SELECT}, {&engine::kSteps, ACL_SELECT}});
    const pg::Rows rows =
        select_children.run_latest({pg::int8(run.id()), pg::int8_array(children)});
    for (std::uint64_t row = 0; row < rows.count(); ++row) {
        if (!rows.boolean(row, 2)) {
            raise_no_child(children[row], run.id());
        }
        children[row] = rows.int8(row, 1);
    }
}

}  // namespace

void wait_for_runs(const RunsWait& wait, pg::RowSink& sink) {
    core::check_batch_size(static_cast<std::int64_t>(wait.runs.size()), engine::max_batch_size());
    if (wait.any && wait.runs.empty()) {
        throw core::Error(core::SqlState::invalid_argument,
                          "runs must not be empty with mode => 'any'");
    }
    // What is written for the time of the wait. The look below completes it.
    std::vector<std::int64_t> children = wait.runs;
    const auto look = [&](const LiveRun& run, core::Instant deadline) {
        find_chains(run, children);
        const engine::StatementRights rights(run.access(), {{&engine::kRuns, ACL_SELECT}});
        const pg::Rows rows =
            select_ended.run_latest({pg::int8_array(wait.runs), pg::timestamptz(deadline)});
        const auto ended = static_cast<std::size_t>(rows.int8(0, 2));
        return Found{wait.any ? ended > 0 : ended == wait.runs.size(), rows.at(0, 1)};
    };
    wait_for({.run = wait.run,
              .read_ct = wait.read_ct,
              .key = wait.key,
              .rights = core::rights_for("wait_runs"),
              .kind = core::StepKind::children,
              .timeout = wait.timeout,
              .children = children,
              .mode_any = wait.any},
             look, sink);
}

}  // namespace pgqrs::workflow
