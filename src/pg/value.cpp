#include "pg/value.hpp"

#include <vector>

#include "pg/guard.hpp"

namespace pgqrs::pg {

Value text(std::string_view v) {
    return guard([&] {
        return of(TEXTOID,
                  PointerGetDatum(cstring_to_text_with_len(v.data(), static_cast<int>(v.size()))));
    });
}

Value text(std::optional<std::string_view> v) { return v ? text(*v) : null_of(TEXTOID); }

Value interval(core::Duration microseconds) {
    return guard([&] {
        auto* span = static_cast<Interval*>(palloc0(sizeof(Interval)));
        // Days apart from the time of day, so that it prints as people write it.
        span->day = static_cast<std::int32_t>(microseconds / USECS_PER_DAY);
        span->time = microseconds % USECS_PER_DAY;
        return of(INTERVALOID, PointerGetDatum(span));
    });
}

Value interval(std::optional<core::Duration> duration) {
    return duration ? interval(*duration) : null_of(INTERVALOID);
}

Value interval_between(const Value& start, const Value& end) {
    if (start.null || end.null) {
        return null_of(INTERVALOID);
    }
    return guard(
        [&] { return of(INTERVALOID, DirectFunctionCall2(timestamp_mi, end.datum, start.datum)); });
}

std::string_view text_of(const Value& text) {
    const struct varlena* packed = guard([&] {
        return pg_detoast_datum_packed(
            reinterpret_cast<struct varlena*>(DatumGetPointer(text.datum)));
    });
    return {VARDATA_ANY(packed), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(packed))};
}

core::Duration duration_of(Datum interval) {
    const Interval* parts = DatumGetIntervalP(interval);
    return core::duration_of(parts->month, parts->day, parts->time);
}

Value array_of(Oid element_type, const Datum* elements, const bool* nulls, int count) {
    return guard([&] {
        std::int16_t length;
        bool by_value;
        char alignment;
        int lower_bound = 1;
        get_typlenbyvalalign(element_type, &length, &by_value, &alignment);
        ArrayType* array =
            construct_md_array(const_cast<Datum*>(elements), const_cast<bool*>(nulls), 1, &count,
                               &lower_bound, element_type, length, by_value, alignment);
        return of(get_array_type(element_type), PointerGetDatum(array));
    });
}

Value empty_object() {
    return of(JSONBOID, guard([] { return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")); }));
}

Value int4_array(std::span<const std::int32_t> elements) {
    std::vector<Datum> datums;
    for (const std::int32_t element : elements) {
        datums.push_back(Int32GetDatum(element));
    }
    return array_of(INT4OID, datums.data(), nullptr, static_cast<int>(elements.size()));
}

Value int8_array(std::span<const std::int64_t> elements) {
    std::vector<Datum> datums;
    for (const std::int64_t element : elements) {
        datums.push_back(Int64GetDatum(element));
    }
    return array_of(INT8OID, datums.data(), nullptr, static_cast<int>(elements.size()));
}

Value text_array(std::span<const std::string> elements) {
    std::vector<Datum> datums;
    for (const std::string& element : elements) {
        datums.push_back(text(std::string_view(element)).datum);
    }
    return array_of(TEXTOID, datums.data(), nullptr, static_cast<int>(elements.size()));
}

std::vector<std::string> texts_of(const Value& texts) {
    Datum* datums = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    guard([&] {
        deconstruct_array(DatumGetArrayTypeP(texts.datum), TEXTOID, -1, false, TYPALIGN_INT,
                          &datums, &nulls, &count);
    });
    std::vector<std::string> result;
    for (int i = 0; i < count; ++i) {
        if (!nulls[i]) {
            result.emplace_back(text_of(of(TEXTOID, datums[i])));
        }
    }
    return result;
}

}  // namespace pgqrs::pg
