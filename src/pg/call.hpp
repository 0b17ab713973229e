// The arguments and the result of one SQL function call. Arguments are read by position and named
// in errors; a null where a value is needed raises PQ010.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/duration.hpp"
#include "pg/compat.hpp"
#include "pg/rows.hpp"
#include "pg/trigger.hpp"
#include "pg/value.hpp"

namespace pgqrs::pg {

// A jsonb argument: the datum (possibly toasted) and its uncompressed size in bytes.
struct Json {
    Datum datum;
    std::int64_t bytes;
    Value value() const { return of(JSONBOID, datum); }
};

// As a value of SQL.
inline Value jsonb(const std::optional<Json>& json) {
    return json ? json->value() : null_of(JSONBOID);
}

// Whether the jsonb value is an object.
bool is_object(const Json& json);
bool is_array(const Json& json);

class Call {
public:
    explicit Call(FunctionCallInfo info) : info_(info) {}

    bool is_null(int index) const { return info_->args[index].isnull; }

    // Needed arguments: a null raises PQ010.
    std::string_view text(int index, const char* name);
    std::int32_t int4(int index, const char* name);
    std::int64_t int8(int index, const char* name);
    core::Duration interval(int index, const char* name);
    core::Span span(int index, const char* name);
    std::int64_t timestamptz(int index, const char* name);
    // Elements without nulls: a null element raises PQ010 naming its position.
    std::vector<std::int64_t> int8_array(int index, const char* name);
    std::vector<std::string_view> text_array(int index, const char* name);
    // Elements may be null. A null array raises PQ010.
    std::vector<std::optional<Json>> json_array(int index, const char* name);

    // Arguments with a default: a null means the default, as if the argument were left out.
    bool boolean_or(int index, bool standard);
    std::int64_t int8_or(int index, std::int64_t standard);
    core::Duration interval_or(int index, core::Duration standard);
    core::Span span_or_none(int index);

    // Optional arguments.
    std::optional<std::string_view> optional_text(int index);
    std::optional<bool> optional_boolean(int index);
    std::optional<std::int32_t> optional_int4(int index);
    std::optional<std::int64_t> optional_int8(int index);
    std::optional<core::Duration> optional_interval(int index);
    std::optional<core::Span> optional_span(int index);
    std::optional<double> optional_float8(int index);
    std::optional<std::int64_t> optional_timestamptz(int index);
    std::optional<Json> optional_json(int index);
    std::optional<std::vector<std::string>> optional_texts(int index, const char* name);

    // Results.
    Datum boolean_result(bool v) const { return BoolGetDatum(v); }
    Datum int8_result(std::int64_t v) const { return Int64GetDatum(v); }
    Datum text_result(std::string_view v) const;
    Datum null_result() const {
        info_->isnull = true;
        return Datum{0};
    }
    // A function returning one row of a named type: the first row of `rows`.
    Datum row_result(const Rows& rows);
    // The same from the values of its columns, which it has in this order. Inside with_spi(), both.
    Datum row_result(std::span<const Value> values);
    // A function returning a set: the sink that collects it. Call once; return sink.done().
    RowSink rows_result();

    FunctionCallInfo info() const { return info_; }

    // Raises when the function was not called as a trigger.
    Trigger trigger() const { return Trigger(info_); }

private:
    Datum needed(int index, const char* name) const;
    struct Elements;
    Elements elements(int index, const char* name, Oid type) const;
    Elements elements_without_null(int index, const char* name, Oid type) const;

    FunctionCallInfo info_;
};

}  // namespace pgqrs::pg
