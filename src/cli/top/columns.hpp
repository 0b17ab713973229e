// The table of `pgqrs top` as texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/top/sample.hpp"

namespace pgqrs::cli {

struct TopCells {
    std::vector<std::vector<std::string>> lines;  // titles first; the first column is the queue
    std::vector<std::size_t> widths;  // of the columns; there are two blanks between them
};

// Takes columns away, the least important ones first, until the others have room beside a name that can be read.
TopCells fitting_cells(const std::vector<TopRow>& rows, std::size_t room);

// Whether the trouble of the row can be greater than it says.
bool has_more_retrying(const TopRow& row);
bool has_more_dead(const TopRow& row);

// "12.5", "1,234", or "-"
std::string rate_text(std::optional<double> rate);

}  // namespace pgqrs::cli
