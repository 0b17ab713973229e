// Calendar arithmetic: months, days and years as `timestamptz + interval` has them, in the session's time zone.
#pragma once

#include <string>

#include "core/duration.hpp"
#include "core/instant.hpp"
#include "pg/compat.hpp"

namespace pgqrs::pg {

// The parts of an interval value.
core::Span span_of(Datum interval);

// `start` + `span`, or `start` - `span`. What lies beyond two thousand years is core::kNever or core::kBeginning.
core::Instant after(core::Instant start, const core::Span& span);
core::Instant before(core::Instant start, const core::Span& span);

// "2030-01-31 10:00:00+01": for error messages.
std::string describe(core::Instant instant);

}  // namespace pgqrs::pg
