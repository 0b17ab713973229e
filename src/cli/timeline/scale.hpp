// The scale of a timeline: which column of a picture a time has, and marks that can be read.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pgqrs/client/time.hpp"

namespace pgqrs::cli {

struct Mark {
    std::size_t column;
    std::string label;  // the time since the start: "0", "250ms", "1h 30m", "2y"
};

class Scale {
public:
    // At least one column. An end that is not after the start counts as a microsecond after it.
    Scale(TimePoint start, TimePoint end, std::size_t columns);

    std::size_t columns() const noexcept { return columns_; }
    // The column that has the time. Times outside of the scale get the first or the last one.
    std::size_t column_of(TimePoint time) const;
    // The column behind the last one that a bar which ends then fills.
    std::size_t column_behind(TimePoint time) const;
    // From the start on, at equal distances, so that there are two blanks between labels.
    std::vector<Mark> marks() const;

private:
    double place_of(TimePoint time) const;

    TimePoint start_;
    double length_;  // microseconds
    std::size_t columns_;
};

// A length of time in two units at most, and few characters: "12us", "3.4ms", "1.25s", "2m 5s", "3h", "12d 4h", "1y 20d".
std::string short_length(Duration length);

}  // namespace pgqrs::cli
