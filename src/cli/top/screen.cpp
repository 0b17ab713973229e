// The screen of `pgqrs top`.
#include "cli/top/screen.hpp"

#include <algorithm>

#include "cli/output/cells.hpp"
#include "cli/output/progress.hpp"
#include "cli/output/text.hpp"
#include "cli/top/columns.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kAbove = 3;  // lines above the rows

std::string summary_of(const TopView& view) {
    std::int64_t pending = 0;
    std::int64_t in_flight = 0;
    double enqueued = 0;
    double finished = 0;
    for (const auto& row : view.rows) {
        pending += row.metrics.pending;
        in_flight += row.metrics.in_flight;
        enqueued += row.enqueued.value_or(0);
        finished += row.finished.value_or(0);
    }
    return number_of(static_cast<std::int64_t>(view.rows.size()), "queue") + "  " +
           with_commas(pending) + " pending  " + with_commas(in_flight) + " in flight  " +
           rate_text(enqueued) + " enqueued/s  " + rate_text(finished) + " finished/s  " +
           view.clock;
}

std::string status_of(const TopView& view, Size size) {
    if (!view.trouble.empty()) {
        return printable(view.trouble);
    }
    const std::size_t last = std::min(view.first + top_page(size), view.rows.size());
    const bool all = view.first == 0 && last == view.rows.size();
    return (view.paused ? "paused" : "every " + cell_of(seconds_value(view.interval))) + "  by " +
           top_order_names()[static_cast<std::size_t>(view.order)] +
           (all ? ""
                : "  rows " + std::to_string(view.first + 1) + " to " + std::to_string(last) +
                      " (arrows)") +
           "  q quit  p pause  s sort";
}

std::string in_colour(bool wanted, const char* code, const std::string& text) {
    return wanted ? "\033[" + std::string(code) + "m" + text + "\033[0m" : text;
}

}  // namespace

std::size_t top_page(Size size) { return size.rows > kAbove ? size.rows - kAbove : 0; }

std::vector<std::string> top_lines(const TopView& view, Size size) {
    const TopCells cells = fitting_cells(view.rows, size.columns);
    std::vector<std::string> lines = {shorten(summary_of(view), size.columns)};
    const std::string status = shorten(status_of(view, size), size.columns);
    lines.push_back(view.trouble.empty() ? status : in_colour(view.colour, "31", status));
    const auto add = [&](const std::vector<std::string>& row, const char* code) {
        std::string line = padded(shorten(row[0], cells.widths[0]), cells.widths[0], false);
        for (std::size_t column = 1; column < row.size(); ++column) {
            line += "  " + padded(row[column], cells.widths[column], true);
        }
        line = shorten(line, size.columns);
        lines.push_back(code == nullptr ? line : in_colour(view.colour, code, line));
    };
    add(cells.lines[0], "7");
    const std::size_t last = std::min(view.first + top_page(size), view.rows.size());
    for (std::size_t row = view.first; row < last; ++row) {
        add(cells.lines[row + 1], view.rows[row].metrics.paused ? "33" : nullptr);
    }
    lines.resize(std::min(lines.size(), size.rows));
    return lines;
}

}  // namespace pgqrs::cli
