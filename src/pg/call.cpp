#include "pg/call.hpp"

#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "pg/calendar.hpp"
#include "pg/guard.hpp"

namespace pgqrs::pg {
namespace {

[[noreturn]] void null_argument(const char* name) {
    throw core::Error(core::SqlState::invalid_argument, std::string(name) + " must not be null");
}

// May raise: below a guard.
Json measured(Datum datum) {
    return {datum, static_cast<std::int64_t>(toast_raw_datum_size(datum)) - VARHDRSZ};
}

Json json_of(Datum datum) {
    return guard([&] { return measured(datum); });
}

}  // namespace

bool is_object(const Json& json) {
    return guard([&] { return static_cast<bool>(JB_ROOT_IS_OBJECT(DatumGetJsonbP(json.datum))); });
}

bool is_array(const Json& json) {
    return guard([&] {
        const Jsonb* value = DatumGetJsonbP(json.datum);
        return JB_ROOT_IS_ARRAY(value) && !JB_ROOT_IS_SCALAR(value);
    });
}

Datum Call::needed(int index, const char* name) const {
    if (is_null(index)) {
        null_argument(name);
    }
    return info_->args[index].value;
}

std::string_view Call::text(int index, const char* name) {
    return text_of(of(TEXTOID, needed(index, name)));
}

std::int32_t Call::int4(int index, const char* name) { return DatumGetInt32(needed(index, name)); }

std::int64_t Call::int8(int index, const char* name) { return DatumGetInt64(needed(index, name)); }

core::Duration Call::interval(int index, const char* name) {
    return duration_of(needed(index, name));
}

core::Span Call::span(int index, const char* name) { return span_of(needed(index, name)); }

std::int64_t Call::timestamptz(int index, const char* name) {
    return DatumGetTimestampTz(needed(index, name));
}

bool Call::boolean_or(int index, bool standard) {
    return is_null(index) ? standard : DatumGetBool(info_->args[index].value);
}

std::int64_t Call::int8_or(int index, std::int64_t standard) {
    return is_null(index) ? standard : DatumGetInt64(info_->args[index].value);
}

core::Duration Call::interval_or(int index, core::Duration standard) {
    return is_null(index) ? standard : duration_of(info_->args[index].value);
}

core::Span Call::span_or_none(int index) {
    return is_null(index) ? core::Span{} : span_of(info_->args[index].value);
}

std::optional<std::string_view> Call::optional_text(int index) {
    return is_null(index) ? std::nullopt
                          : std::optional(text_of(of(TEXTOID, info_->args[index].value)));
}

std::optional<std::int32_t> Call::optional_int4(int index) {
    return is_null(index) ? std::nullopt : std::optional(DatumGetInt32(info_->args[index].value));
}

std::optional<bool> Call::optional_boolean(int index) {
    return is_null(index) ? std::nullopt : std::optional(DatumGetBool(info_->args[index].value));
}

std::optional<std::int64_t> Call::optional_int8(int index) {
    return is_null(index) ? std::nullopt
                          : std::optional(std::int64_t{DatumGetInt64(info_->args[index].value)});
}

std::optional<core::Duration> Call::optional_interval(int index) {
    return is_null(index) ? std::nullopt : std::optional(duration_of(info_->args[index].value));
}

std::optional<std::int64_t> Call::optional_timestamptz(int index) {
    return is_null(index)
               ? std::nullopt
               : std::optional(std::int64_t{DatumGetTimestampTz(info_->args[index].value)});
}

std::optional<core::Span> Call::optional_span(int index) {
    return is_null(index) ? std::nullopt : std::optional(span_of(info_->args[index].value));
}

std::optional<double> Call::optional_float8(int index) {
    return is_null(index) ? std::nullopt
                          : std::optional(double{DatumGetFloat8(info_->args[index].value)});
}

std::optional<Json> Call::optional_json(int index) {
    return is_null(index) ? std::nullopt : std::optional(json_of(info_->args[index].value));
}

struct Call::Elements {
    Datum* datums;
    bool* nulls;
    int count;
};

Call::Elements Call::elements(int index, const char* name, Oid type) const {
    const Datum datum = needed(index, name);
    Elements result{};
    int dimensions = 0;
    guard([&] {
        ArrayType* array = DatumGetArrayTypeP(datum);
        std::int16_t length;
        bool by_value;
        char alignment;
        dimensions = ARR_NDIM(array);
        get_typlenbyvalalign(type, &length, &by_value, &alignment);
        deconstruct_array(array, type, length, by_value, alignment, &result.datums, &result.nulls,
                          &result.count);
    });
    if (dimensions > 1) {
        throw core::Error(core::SqlState::invalid_argument,
                          std::string(name) + " must be a one-dimensional array");
    }
    return result;
}

Call::Elements Call::elements_without_null(int index, const char* name, Oid type) const {
    const Elements all = elements(index, name, type);
    const bool* const null = std::find(all.nulls, all.nulls + all.count, true);
    if (null != all.nulls + all.count) {
        throw core::Error(core::SqlState::invalid_argument,
                          std::string(name) + " must not contain null",
                          "Element " + std::to_string(null - all.nulls + 1) + " is null.");
    }
    return all;
}

std::vector<std::int64_t> Call::int8_array(int index, const char* name) {
    const Elements all = elements_without_null(index, name, INT8OID);
    std::vector<std::int64_t> result(all.count);
    std::transform(all.datums, all.datums + all.count, result.begin(),
                   [](Datum datum) { return DatumGetInt64(datum); });
    return result;
}

std::vector<std::string_view> Call::text_array(int index, const char* name) {
    const Elements all = elements_without_null(index, name, TEXTOID);
    std::vector<std::string_view> result(all.count);
    std::transform(all.datums, all.datums + all.count, result.begin(),
                   [](Datum datum) { return text_of(of(TEXTOID, datum)); });
    return result;
}

std::optional<std::vector<std::string>> Call::optional_texts(int index, const char* name) {
    if (is_null(index)) {
        return std::nullopt;
    }
    const std::vector<std::string_view> texts = text_array(index, name);
    return std::vector<std::string>(texts.begin(), texts.end());
}

std::vector<std::optional<Json>> Call::json_array(int index, const char* name) {
    const Elements all = elements(index, name, JSONBOID);
    std::vector<std::optional<Json>> result(all.count);
    guard([&] {
        for (int i = 0; i < all.count; ++i) {
            if (!all.nulls[i]) {
                result[i] = measured(all.datums[i]);
            }
        }
    });
    return result;
}

Datum Call::text_result(std::string_view v) const { return pg::text(v).datum; }

Datum Call::row_result(const Rows& rows) {
    const HeapTuple row = rows.tuple(0);
    return guard([&] {
        TupleDesc shape;
        if (get_call_result_type(info_, nullptr, &shape) != TYPEFUNC_COMPOSITE) {
            elog(ERROR, "row result of a function that does not return a row");
        }
        // The type of a table can have dropped columns.
        TupleConversionMap* map = convert_tuples_by_position(
            rows.shape(), shape, "statement and function differ in their columns");
        const HeapTuple result = map == nullptr ? row : execute_attr_map_tuple(row, map);
        // A copy that outlives the SPI session.
        return PointerGetDatum(SPI_returntuple(result, shape));
    });
}

Datum Call::row_result(std::span<const Value> values) {
    return guard([&] {
        TupleDesc shape;
        if (get_call_result_type(info_, nullptr, &shape) != TYPEFUNC_COMPOSITE) {
            elog(ERROR, "row result of a function that does not return a row");
        }
        bool same = shape->natts == static_cast<int>(values.size());
        for (int i = 0; same && i < shape->natts; ++i) {
            same = TupleDescAttr(shape, i)->atttypid == values[i].type;
        }
        if (!same) {
            ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                            errmsg("the type of the result is not what it should be")));
        }
        auto* datums = static_cast<Datum*>(palloc(values.size() * sizeof(Datum)));
        auto* nulls = static_cast<bool*>(palloc(values.size() * sizeof(bool)));
        for (std::size_t i = 0; i < values.size(); ++i) {
            datums[i] = values[i].datum;
            nulls[i] = values[i].null;
        }
        // A copy that outlives the SPI session.
        return PointerGetDatum(SPI_returntuple(heap_form_tuple(shape, datums, nulls), shape));
    });
}

RowSink Call::rows_result() {
    auto* set = reinterpret_cast<ReturnSetInfo*>(info_->resultinfo);
    guard([&] { InitMaterializedSRF(info_, MAT_SRF_USE_EXPECTED_DESC); });
    return RowSink(set->setResult, set->setDesc);
}

}  // namespace pgqrs::pg
