// Waits of runs: for a time, or for something that somebody else causes.
//
// A wait is a step. The first call that does not find what it waits for stores the deadline in it, and ends
// the delivery; the run is delivered again when it is time, and its worker comes to the same call again. The
// outcome is recorded, a time-out as well, and every later call gets it. A call that finds the outcome
// recorded locks nothing and writes nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "core/duration.hpp"
#include "core/instant.hpp"
#include "core/rights.hpp"
#include "core/run.hpp"
#include "pg/rows.hpp"
#include "pg/value.hpp"
#include "workflow/fence.hpp"

namespace pgqrs::workflow {

// A wait of the kind signal, event or children, as its caller asks for it.
struct Wait {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    core::Rights rights;
    core::StepKind kind;
    std::optional<core::Span> timeout;
    // What is waited for, for the row in pgqrs.waits.
    std::optional<std::string_view> target = {};
    std::span<const std::int64_t> children = {};
    bool mode_any = false;
    // Recognises what is waited for: the same step with another one is a mismatch.
    std::optional<std::string_view> input_hash = {};
    // Whether those who cause it cannot know which runs wait for it (wakes.hpp).
    bool is_unknown_to_cause = false;
};

// A wait for a signal or an event, as the SQL functions ask for it.
struct NamedWait {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::string_view name;  // of the signal or event
    std::optional<core::Span> timeout;
};

// What a look for the cause found.
struct Found {
    bool ready;
    // Recorded as the output when the wait is over, also when it was in vain.
    pg::Value value = pg::null_of(JSONBOID);
};

// Looks for what is waited for: what was caused before the deadline counts, which is core::kNever for a wait
// without one. It runs inside with_spi(), while the run is locked, and must see what is committed by now
// (run_latest). When it answers that it is ready, that is recorded, so it may consume what it found.
using Look = std::function<Found(const LiveRun& run, core::Instant deadline)>;

// Puts a row of the type of the wait functions: status and value.
void wait_for(const Wait& wait, const Look& look, pg::RowSink& sink);

struct Sleep {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    // One of them has a value.
    std::optional<core::Span> duration;
    std::optional<core::Instant> until;
};
void sleep(const Sleep& sleep, pg::RowSink& sink);

}  // namespace pgqrs::workflow
