// Values that a run publishes for others.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/duration.hpp"
#include "pg/call.hpp"
#include "pg/rows.hpp"

namespace pgqrs::workflow {

struct NewRunValue {
    std::int64_t run;
    std::int64_t read_ct;
    std::string_view key;
    std::optional<pg::Json> value;
};
void set_value(const NewRunValue& value);

// Puts the value, and whether there is one. Waits for it up to `wait`, unless the run has ended.
void get_value(std::int64_t run, std::string_view key, core::Duration wait, pg::RowSink& sink);

}  // namespace pgqrs::workflow
