// A typed SQL value on its way to or from PostgreSQL. Plain data: by-reference values point into the
// memory context that was current when they were made.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "pg/compat.hpp"

namespace pgqrs::pg {

struct Value {
    Oid type;
    Datum datum;
    bool null;
};

inline Value boolean(bool v) { return {BOOLOID, BoolGetDatum(v), false}; }
inline Value int2(std::int16_t v) { return {INT2OID, Int16GetDatum(v), false}; }
inline Value int4(std::int32_t v) { return {INT4OID, Int32GetDatum(v), false}; }
inline Value int8(std::int64_t v) { return {INT8OID, Int64GetDatum(v), false}; }
inline Value float8(double v) { return {FLOAT8OID, Float8GetDatum(v), false}; }
inline Value timestamptz(std::int64_t v) { return {TIMESTAMPTZOID, TimestampTzGetDatum(v), false}; }
inline Value null_of(Oid type) { return {type, Datum{0}, true}; }
inline Value of(Oid type, Datum datum) { return {type, datum, false}; }
inline Value boolean(std::optional<bool> v) { return v ? boolean(*v) : null_of(BOOLOID); }
// Of a value that is not null.
inline std::int64_t timestamp_of(const Value& v) { return DatumGetTimestampTz(v.datum); }
inline Value int4(std::optional<std::int32_t> v) { return v ? int4(*v) : null_of(INT4OID); }
inline Value int8(std::optional<std::int64_t> v) { return v ? int8(*v) : null_of(INT8OID); }
inline Value float8(std::optional<double> v) { return v ? float8(*v) : null_of(FLOAT8OID); }
inline Value timestamptz(std::optional<std::int64_t> v) {
    return v ? timestamptz(*v) : null_of(TIMESTAMPTZOID);
}
// Of a value that was checked to fit.
inline Value int4_checked(std::optional<std::int64_t> v) {
    return v ? int4(static_cast<std::int32_t>(*v)) : null_of(INT4OID);
}

// Allocate in the current memory context; throw pg::Error.
Value text(std::string_view v);
Value text(std::optional<std::string_view> v);
Value interval(core::Duration duration);
Value interval(std::optional<core::Duration> duration);
// `end` - `start` as SQL has it; null when one of them is.
Value interval_between(const Value& start, const Value& end);

// The jsonb value {}.
Value empty_object();

// The bytes of a text value, detoasted in the current memory context if need be.
std::string_view text_of(const Value& text);

// The elements of a value of type text[] that is not null, but for those that are null.
std::vector<std::string> texts_of(const Value& texts);

// The length of an interval value.
core::Duration duration_of(Datum interval);

// One-dimensional arrays from by-value elements, or from a list of values of one type.
Value int4_array(std::span<const std::int32_t> elements);
Value int8_array(std::span<const std::int64_t> elements);
Value text_array(std::span<const std::string> elements);
Value array_of(Oid element_type, const Datum* elements, const bool* nulls, int count);

}  // namespace pgqrs::pg
