// What others than its worker want of a run, and how they take hold of it.
//
// Who wants something of a run that no worker has does it himself. What a worker has is only asked of it: a row
// of pgqrs.run_requests, written under a KEY SHARE lock on the message of the run. The worker's steps pass that
// lock, and the end of a delivery waits for it and looks for such rows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "workflow/fence.hpp"

namespace pgqrs::workflow {

enum class Grip {
    idle,  // no worker has the run, and nobody else gets it before the end of the transaction
    busy,  // a worker has it, or somebody has it locked; its delivery does not end before the transaction does
    gone,  // it has ended
};

// Waits for nobody but those who are ending the run or its delivery.
Grip grip(LiveRun& run);

enum class RequestKind { cancel, pause };

struct Request {
    RequestKind kind;
    std::optional<std::string_view> reason = {};
    bool with_children = true;
};

// Asks it of the run, which the caller has gripped, unless that was asked for before. For one that somebody has
// locked without a lease it wakes those who obey.
void add_request(const LiveRun& run, const Request& request, Grip grip);

// Takes back a pause that was asked for. Answers whether it was.
bool remove_pause(const LiveRun& run);

// Of the runs, those of which something is asked that has not been done.
std::vector<std::int64_t> requested(const engine::Access& queue,
                                    std::span<const std::int64_t> runs);

}  // namespace pgqrs::workflow
