// Signals: values sent to one run, which its waits consume, each once, the oldest first.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "pg/call.hpp"
#include "pg/rows.hpp"
#include "workflow/suspend.hpp"

namespace pgqrs::workflow {

struct Signal {
    std::int64_t run;
    std::string_view name;
    std::optional<pg::Json> payload;
    std::optional<std::string_view> dedup_key;
};

// False when the run has ended. Until the end of the transaction the run cannot end then.
bool send(const Signal& signal);

void wait_for_signal(const NamedWait& wait, pg::RowSink& sink);

}  // namespace pgqrs::workflow
