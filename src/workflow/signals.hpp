// Signals: values sent to one run, which its waits consume, each once, the oldest first.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "core/run.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

struct Signal {
    std::int64_t run;
    std::string_view name;
    std::optional<pg::Json> payload;
    std::optional<std::string_view> dedup_key;
};

// False when the run has ended. Until the end of the transaction the run cannot end then.
bool send(const Signal& signal);

struct SignalWait {
    std::int64_t run;
    std::int64_t read_ct;
    core::StepKey key;
    std::string_view signal;
    std::optional<core::Span> timeout;
};
void wait_for_signal(const SignalWait& wait, pg::RowSink& sink);

}  // namespace pgqrs::workflow
