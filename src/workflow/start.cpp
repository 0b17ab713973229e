#include "workflow/start.hpp"

#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "engine/access.hpp"
#include "engine/clock.hpp"
#include "engine/delay.hpp"
#include "engine/settings.hpp"
#include "engine/tables.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "queue/produce.hpp"
#include "workflow/executed_queues.hpp"
#include "workflow/retry.hpp"
#include "workflow/state.hpp"
#include "workflow/steps.hpp"
#include "workflow/values.hpp"
#include "workflow/workflow_cache.hpp"

namespace pgqrs::workflow {
namespace {

constinit pg::Statement insert_runs(R"sql(
    INSERT INTO pgqrs.runs (
        id, workflow_id, queue_id, created_at, version, key, parent_id, cancel_with_parent, first_id,
        priority, headers, input)
    SELECT r.id, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, r.input
    FROM unnest($11, $12) AS r (id, input)
)sql");

void check_input(const std::optional<pg::Json>& input, std::size_t place = 0) {
    const std::string subject = place == 0 ? "input" : "input " + std::to_string(place);
    if (!input) {
        throw core::Error(core::SqlState::payload_rejected, subject + " must not be null", "",
                          "JSON null is an input: 'null'::jsonb.");
    }
    check_json_size(input, subject);
}

void check_common(const NewRuns& common) {
    if (common.version && common.version->size() > core::kMaxLabelBytes) {
        core::check_label(*common.version, "version");
    }
    if (common.deadline) {
        if (!engine::is_finite(*common.deadline)) {
            throw core::Error(core::SqlState::invalid_argument, "deadline must be finite");
        }
        if (*common.deadline <= engine::transaction_start()) {
            throw core::Error(core::SqlState::invalid_argument,
                              "deadline must not lie in the past");
        }
    }
}

pg::Value array_of(std::span<const std::optional<pg::Json>> inputs) {
    std::vector<Datum> datums;
    for (const auto& input : inputs) {
        datums.push_back(input->datum);
    }
    return pg::array_of(JSONBOID, datums.data(), nullptr, static_cast<int>(datums.size()));
}

queue::NewMessages messages_of(const Workflow& workflow, const NewRuns& common) {
    return {.queue = workflow.queue,
            .priority = common.priority,
            .delay = common.delay,
            .at = std::nullopt,
            .runs = true,
            .expires_at =
                common.deadline ? common.deadline : workflow.deadline_after(engine::clock_now()),
            .rights = common.rights};
}

}  // namespace

void check_start(const std::optional<pg::Json>& input, const NewRuns& common) {
    check_input(input);
    check_common(common);
}

void check_starts(std::span<const std::optional<pg::Json>> inputs, const NewRuns& common) {
    check_common(common);
    core::check_batch_size(static_cast<std::int64_t>(inputs.size()), engine::max_batch_size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        check_input(inputs[i], i + 1);
    }
}

std::vector<std::int64_t> take_run_ids(const Workflow& workflow, const NewRuns& common,
                                       std::size_t count) {
    return queue::take_message_ids(messages_of(workflow, common), count);
}

void add_runs(const Workflow& workflow, const NewRuns& common, std::span<const std::int64_t> ids,
              std::span<const std::optional<pg::Json>> inputs,
              std::optional<std::string_view> key) {
    announce_executed(workflow);
    queue::enqueue_runs(messages_of(workflow, common), ids, {&common.headers, 1});
    pg::with_spi([&] {
        const engine::StatementRights rights(workflow.access(common.rights),
                                             {{&engine::kRuns, ACL_INSERT}});
        insert_runs.run({pg::int4(workflow.id), pg::int4(workflow.queue_id),
                         pg::timestamptz(engine::clock_now()), pg::text(common.version),
                         pg::text(key), pg::int8(common.parent),
                         pg::boolean(common.cancel_with_parent), pg::int8(common.first),
                         pg::int2(static_cast<std::int16_t>(common.priority)),
                         pg::jsonb(common.headers), pg::int8_array(ids), array_of(inputs)});
    });
}

void start_workflow(const StartRequest& request, pg::RowSink& sink) {
    check_start(request.input, request.common);
    if (request.key) {
        check_key(*request.key);
    }
    pg::require_writable("INSERT");
    const Workflow workflow = hold_workflow(request.workflow);
    const std::int64_t id = take_run_ids(workflow, request.common, 1).front();
    if (request.key) {
        const auto other = pg::with_spi(
            [&] { return take_key(workflow, *request.key, id, request.input->value()); });
        if (other && request.on_conflict == core::OnConflict::raise) {
            throw core::Error(core::SqlState::duplicate, "run " + std::to_string(*other) +
                                                             " has the idempotency key \"" +
                                                             std::string(request.key->key) + "\"");
        }
        if (other) {
            if (request.on_conflict == core::OnConflict::retry_failed) {
                retry_run({.run = *other, .only_failed = true, .rights = request.common.rights});
            }
            sink.put({pg::int8(*other), pg::boolean(false), run_state(state_of(*other).c_str())});
            return;
        }
    }
    add_runs(workflow, request.common, {&id, 1}, {&request.input, 1},
             request.key ? std::optional(request.key->key) : std::nullopt);
    sink.put({pg::int8(id), pg::boolean(true), run_state("queued")});
}

std::vector<std::int64_t> start_workflows(std::string_view name,
                                          std::span<const std::optional<pg::Json>> inputs,
                                          const NewRuns& common) {
    check_starts(inputs, common);
    pg::require_writable("INSERT");
    const Workflow workflow = hold_workflow(name);
    if (inputs.empty()) {
        return {};
    }
    const auto ids = take_run_ids(workflow, common, inputs.size());
    add_runs(workflow, common, ids, inputs);
    return ids;
}

}  // namespace pgqrs::workflow
