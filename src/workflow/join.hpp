// Joins: the wait of a run for the end of its children.
//
// The end of a child adds a wake for its parent (finish.cpp). Whether the parent has what it waits for is decided
// by who drains the wakes, once for many of them, and by the wait itself, which locks the parent first. So the
// last two children that end at the same moment wake the parent once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/duration.hpp"
#include "core/run.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

// An expression of SQL: whether a run has what it waits for. `parent` is its id, `children` an array of the first
// runs of the chains of its children, each once, and `any` whether the end of one of them is enough.
//
// A join of all walks the children that have not ended, and stops at the first that is waited for. So it costs
// little before the last one ends, however many there are. A chain has ended when none of its runs is active.
#define PGQRS_HAS_JOINED(parent, children, any)                \
    "CASE WHEN " any                                           \
    " THEN EXISTS ("                                           \
    "  SELECT"                                                 \
    "  FROM unnest(" children                                  \
    ") AS k (id)"                                              \
    "  LEFT JOIN pgqrs.runs AS c ON c.id = k.id"               \
    "  WHERE (c.final IS NOT NULL AND c.continued_as IS NULL)" \
    "   OR ((c.id IS NULL OR c.continued_as IS NOT NULL)"      \
    "    AND NOT EXISTS ("                                     \
    "     SELECT FROM pgqrs.runs AS u"                         \
    "     WHERE u.parent_id = " parent                         \
    " AND u.final IS NULL AND u.first_id = k.id)))"            \
    " ELSE NOT EXISTS ("                                       \
    "  SELECT"                                                 \
    "  FROM pgqrs.runs AS u"                                   \
    "  WHERE u.parent_id = " parent                            \
    " AND u.final IS NULL AND coalesce(u.first_id, u.id) = ANY (" children ")) END"

struct RunsWait {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::vector<std::int64_t> runs;
    bool any;
    std::optional<core::Span> timeout;
};
// Raises PQ010 for a run that is no child of the run, or of one that it continues.
void wait_for_runs(const RunsWait& wait, pg::RowSink& sink);

}  // namespace pgqrs::workflow
