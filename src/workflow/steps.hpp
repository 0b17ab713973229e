// The steps of runs: recording them once, and telling what was recorded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/backoff.hpp"
#include "core/run.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"
#include "workflow/fence.hpp"

namespace pgqrs::workflow {

// A row of pgqrs.steps. Values point into the memory that was current when it was read.
struct Step {
    core::StepKind kind;
    core::StepStatus status;
    std::int32_t read_ct;
    std::int16_t attempt;
    bool at_most_once;
    pg::Value output;
    pg::Value error;
    pg::Value until;
    pg::Value child;
};

// A step that is to be written.
struct NewStep {
    core::StepKey key;
    core::StepKind kind = core::StepKind::step;
    core::StepStatus status = core::StepStatus::succeeded;
    std::int16_t attempt = 0;
    bool at_most_once = false;
    pg::Value output = pg::null_of(JSONBOID);
    std::optional<std::string_view> error = {};
    std::optional<core::Instant> until = {};
    std::optional<std::int64_t> child = {};
    std::optional<std::string_view> input_hash = {};
    // When it was begun, of one that was executed before it is written.
    std::optional<core::Instant> started = {};
};

// These run inside with_spi(). The caller holds the run.

// The step as committed by now, or written by the transaction itself; nothing when there is none. Raises
// PQ018 when it is of another kind, or has another input hash.
std::optional<Step> find_step(const LiveRun& run, const core::StepKey& key, core::StepKind kind,
                              std::optional<std::string_view> input_hash = {});
// Writes the step, unless it has been recorded, or the run is to be cancelled: one that was only started is
// replaced. Answers whether it did.
bool write_step(const LiveRun& run, const NewStep& step);

// What the SQL functions of sql/parts/87_steps.sql do; outside of with_spi().

struct Completion {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::optional<pg::Json> output;
    std::optional<std::string_view> input_hash;
    bool raise_when_recorded;
};
void complete_step(const Completion& completion, pg::RowSink& sink);

struct Beginning {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    bool at_most_once;
    std::optional<std::string_view> input_hash;
};
void begin_step(const Beginning& beginning, pg::RowSink& sink);

struct StepFailure {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::string_view error;
    bool retryable;
    std::int64_t max_attempts;
    core::Backoff backoff;
};
void fail_step(const StepFailure& failure, pg::RowSink& sink);

// No row without the step; raises PQ017 without the run.
void get_step(std::int64_t run, const core::StepKey& key, pg::RowSink& sink);

// Records the steps of a JSON array of objects with name, output, seq and input_hash. Inside with_spi().
void record_steps(const LiveRun& run, const pg::Json& steps);

// Raises PQ005 for one that is larger than pgqrs.max_payload_size.
void check_json_size(const std::optional<pg::Json>& json, std::string_view subject);

}  // namespace pgqrs::workflow
