// What the commands that finish messages share: arguments, fencing, and telling what was not done.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.hpp"
#include "pgqrs/client/consumer.hpp"

namespace pgqrs::cli {

struct Finish {
    std::string queue;
    std::vector<std::int64_t> ids;
    std::optional<int> read_ct;
};

// Adds queue, ids and --read-ct.
void add_finish(Command& command, Finish& target);
void add_read_ct(Command& command, std::optional<int>& target);

// Calls `one` for a fenced message, else `many`, and shows what became of each: "message 5 archived". Raises Failure for
// those that could not be finished: lease_lost when fenced, else not_found.
void finish(Context& context, const Finish& what, const std::string& done,
            const std::function<bool(Consumer&)>& one,
            const std::function<std::vector<Finished>(Consumer&)>& many);

}  // namespace pgqrs::cli
