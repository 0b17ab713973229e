// Values of a row as the structures of the client have them, for those who read rows.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs {

inline TimePoint time_at(const Result& result, int row, int column) {
    return TimePoint(Duration(result.integer(row, column)));
}

template <typename T, typename Read>
std::optional<T> unless_null(const Result& result, int row, int column, Read read) {
    if (result.is_null(row, column)) {
        return std::nullopt;
    }
    return T(read(result, row, column));
}

inline std::optional<TimePoint> optional_time(const Result& result, int row, int column) {
    return unless_null<TimePoint>(result, row, column, time_at);
}

inline std::int64_t integer_at(const Result& result, int row, int column) {
    return result.integer(row, column);
}
inline std::string text_at(const Result& result, int row, int column) {
    return result.text(row, column);
}

inline std::optional<std::string> optional_text(const Result& result, int row, int column) {
    return unless_null<std::string>(result, row, column, text_at);
}

// The label of an enumeration whose labels follow one another and end with `unknown`.
template <typename Enumeration>
Enumeration label_of(const Result& result, int row, int column) {
    const std::string text = result.text(row, column);
    for (int label = 0; label < static_cast<int>(Enumeration::unknown); ++label) {
        if (text == to_string(static_cast<Enumeration>(label))) {
            return static_cast<Enumeration>(label);
        }
    }
    return Enumeration::unknown;
}

inline double real_at(const Result& result, int row, int column) {
    // As the server writes it, in whatever locale this program is.
    const std::string text = result.text(row, column);
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace pgqrs
