#include "workflow/children.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/names.hpp"
#include "engine/access.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "workflow/fence.hpp"
#include "workflow/steps.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement make_list("SELECT to_jsonb($1)");

constinit pg::Statement split_list(R"sql(
    SELECT e::bigint
    FROM jsonb_array_elements_text($1) WITH ORDINALITY AS k (e, place)
    ORDER BY place
)sql");

struct Started {
    std::vector<std::int64_t> ids;
    bool created;
};

// What a step that started children is recognised by: the workflow, and whether it started one or several.
std::string hash_of(const ChildStep& step, bool single) {
    return std::string(step.workflow) + (single ? "" : "[]");
}

std::optional<std::vector<std::int64_t>> find_started(const LiveRun& parent, const ChildStep& step,
                                                      bool single) {
    const auto found = find_step(parent, step.key, core::StepKind::child, hash_of(step, single));
    if (!found) {
        return std::nullopt;
    }
    if (single) {
        if (found->child.null) {
            throw core::Error(core::SqlState::step_mismatch,
                              "step \"" + std::string(step.key.name) + "\" of run " +
                                  std::to_string(parent.id()) + " has no child",
                              "Somebody has decided it.");
        }
        return std::vector{std::int64_t{DatumGetInt64(found->child.datum)}};
    }
    return split_list.run({found->output}).int8s(1);
}

// Records the step with these ids, unless it has been recorded: then answers what was.
std::optional<std::vector<std::int64_t>> record(const LiveRun& parent, const ChildStep& step,
                                                std::span<const std::int64_t> ids, bool single) {
    const std::string hash = hash_of(step, single);
    NewStep recorded{.key = step.key, .kind = core::StepKind::child, .input_hash = hash};
    if (single) {
        recorded.child = ids.front();
    } else {
        recorded.output = make_list.run({pg::int8_array(ids)}).at(0, 1);
    }
    if (write_step(parent, recorded)) {
        return std::nullopt;
    }
    auto started = find_started(parent, step, single);
    if (!started) {
        pg::raise_serialization_failure();
    }
    return started;
}

Started start(ChildStep& step, std::span<const std::optional<pg::Json>> inputs, bool single) {
    pg::require_writable("INSERT");
    // Before the message of the parent, as it is with everybody who has both.
    const auto workflow = hold_workflow_if_any(step.workflow);
    const LiveRun parent =
        hold_run(step.run, step.read_ct, core::rights_for("start_child"), Hold::record);
    refuse_cancelled(parent);
    if (auto ids = pg::with_spi([&] { return find_started(parent, step, single); })) {
        return {*std::move(ids), false};
    }
    if (!workflow) {
        raise_no_workflow(step.workflow);
    }
    step.common.parent = step.run;
    std::vector<std::int64_t> ids = take_run_ids(*workflow, step.common, inputs.size());
    if (auto other = pg::with_spi([&] { return record(parent, step, ids, single); })) {
        return {*std::move(other), false};
    }
    if (!ids.empty()) {
        add_runs(*workflow, step.common, ids, inputs);
    }
    return {std::move(ids), true};
}

}  // namespace

void start_child(ChildStep step, const std::optional<pg::Json>& input, pg::RowSink& sink) {
    check_start(input, step.common);
    const Started started = start(step, {&input, 1}, true);
    sink.put({pg::int8(started.ids.front()), pg::boolean(started.created)});
}

std::vector<std::int64_t> start_children(ChildStep step,
                                         std::span<const std::optional<pg::Json>> inputs) {
    check_starts(inputs, step.common);
    return start(step, inputs, false).ids;
}

}  // namespace pgqrs::workflow
