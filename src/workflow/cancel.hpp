// Cancelling runs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/rights.hpp"
#include "workflow/fence.hpp"

namespace pgqrs::workflow {

enum class Cancelled {
    cancelled,  // it has ended by this
    requested,  // its worker has it, and cannot finish it any more
    ended,      // it had ended before
};

struct Cancellation {
    std::int64_t run;
    std::optional<std::string_view> reason = {};
    // Whether its children are cancelled, too, those that are to be cancelled with it.
    bool cascade = true;
    core::Rights rights = core::rights_for("cancel_run");
    // As in engine::Access: because its parent has ended.
    bool is_consequence = false;
};

// Never waits for an open step. Raises PQ017 when there is no such run.
Cancelled cancel_run(const Cancellation& cancellation);

// Ends a run as somebody asked for. The caller has its message locked for update.
void end_cancelled(const LiveRun& run, const Requests& requests);

}  // namespace pgqrs::workflow
