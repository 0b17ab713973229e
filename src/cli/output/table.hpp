// What a command shows, before it becomes a table, JSON or CSV: rows of values under keys.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/time.hpp"

namespace pgqrs::cli {

struct Value {
    enum class Kind { null, text, number, boolean, json, time, seconds };
    Kind kind = Kind::null;
    std::string text = {};      // JSON is the server's text, which keeps all digits of numbers
    Duration duration = {};     // of seconds
    bool standing_out = false;  // in yellow where there is colour
};

inline Value null_value() { return {}; }
Value text_value(std::string text);
Value number_value(std::int64_t number);
// Of something to look after: stands out when there is any.
Value alarming_value(std::int64_t number);
Value real_value(double number);
Value boolean_value(bool boolean);
Value json_value(std::string json);
Value time_value(TimePoint time);
Value seconds_value(Duration duration);

// The value, or null.
template <typename T, typename Make>
Value optional_value(const std::optional<T>& value, Make make) {
    return value ? make(*value) : null_value();
}

struct Column {
    std::string key;    // snake_case; "..._seconds" for lengths of time
    bool brief = true;  // false: left out in tables of several rows, to save room
};

struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<Value>> rows;
};

// How a row type is shown.
template <typename T>
struct Field {
    std::string key;
    std::function<Value(const T&)> value;
    bool brief = true;
};

template <typename T>
std::vector<Column> columns_of(const std::vector<Field<T>>& fields) {
    std::vector<Column> columns;
    for (const auto& field : fields) {
        columns.push_back({field.key, field.brief});
    }
    return columns;
}

template <typename T>
std::vector<Value> values_of(const std::vector<Field<T>>& fields, const T& row) {
    std::vector<Value> values;
    values.reserve(fields.size());
    for (const auto& field : fields) {
        values.push_back(field.value(row));
    }
    return values;
}

template <typename T>
Table table_of(const std::vector<Field<T>>& fields, const std::vector<T>& rows) {
    Table table{columns_of(fields), {}};
    for (const T& row : rows) {
        table.rows.push_back(values_of(fields, row));
    }
    return table;
}

// A table of one row, made by hand.
struct Entry {
    std::string key;
    Value value;
};
Table record_of(const std::vector<Entry>& entries);

}  // namespace pgqrs::cli
