// A timeline as a picture for people: a bar a step, over a scale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pgqrs/client/run_info.hpp"

namespace pgqrs::cli {

struct PictureStyle {
    std::size_t width = 80;  // no line is wider, from 40 columns on
    bool colour = false;
    bool ascii = false;      // no other characters, but for those in names
    std::size_t rows = 200;  // of steps; of more, the first and the last ones
};

// The children that a step has started at once, by its name and seq.
using Children = std::map<std::pair<std::string, int>, std::vector<std::int64_t>>;

// The entries as Workflows::timeline() has them, that of the run first. What has not ended goes on until `now`, or until
// the end of the run.
std::vector<std::string> picture_of(const std::vector<TimelineEntry>& entries,
                                    const Children& children, TimePoint now,
                                    const PictureStyle& style);

}  // namespace pgqrs::cli
