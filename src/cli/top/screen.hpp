// The screen of `pgqrs top` as lines of text that fit.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/terminal/raw_terminal.hpp"
#include "cli/top/sample.hpp"

namespace pgqrs::cli {

struct TopView {
    std::vector<TopRow> rows = {};  // sorted
    TopOrder order = TopOrder::pending;
    Duration interval{};
    std::string clock = {};    // when the rows were read
    std::string trouble = {};  // with the connection; else empty
    bool paused = false;
    bool colour = true;
    std::size_t first = 0;  // the row at the top
};

// How many rows of the table have room.
std::size_t top_page(const TopView& view, Size size);

// At most size.rows lines of at most size.columns. Columns that do not fit are left out, the least important ones first.
std::vector<std::string> top_lines(const TopView& view, Size size);

}  // namespace pgqrs::cli
