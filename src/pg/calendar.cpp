#include "pg/calendar.hpp"

#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

// What PostgreSQL can add to any time near ours without leaving its range.
constexpr std::int32_t kFarYears = 2'000;

bool is_near(const core::Span& span) {
    const auto within = [](std::int64_t part, std::int64_t most) {
        return part >= -most && part <= most;
    };
    return within(span.months, kFarYears * 12) && within(span.days, kFarYears * 366) &&
           within(span.microseconds, kFarYears * 366 * core::kDay);
}

core::Span negative(const core::Span& span) {
    return {-span.months, -span.days, -span.microseconds};
}

}  // namespace

core::Span span_of(Datum interval) {
    const Interval* parts = DatumGetIntervalP(interval);
    return {parts->month, parts->day, parts->time};
}

core::Instant after(core::Instant start, const core::Span& span) {
    if (!is_near(span)) {
        return core::duration_of(span.months, span.days, span.microseconds) < 0 ? core::kBeginning
                                                                                : core::kNever;
    }
    if (span.months == 0 && span.days == 0) {
        return start + span.microseconds;
    }
    return guard([&] {
        Interval parts{};
        parts.month = span.months;
        parts.day = span.days;
        parts.time = span.microseconds;
        return core::Instant{DatumGetTimestampTz(DirectFunctionCall2(
            timestamptz_pl_interval, TimestampTzGetDatum(start), IntervalPGetDatum(&parts)))};
    });
}

core::Instant before(core::Instant start, const core::Span& span) {
    if (!is_near(span)) {
        return after(start, span) == core::kNever ? core::kBeginning : core::kNever;
    }
    return after(start, negative(span));
}

std::string describe(core::Instant instant) { return timestamptz_to_str(instant); }

}  // namespace pgqrs::pg
