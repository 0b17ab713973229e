// Tables and records for people; see render.hpp.
#include "pgqrs/cli/render.hpp"

#include <algorithm>

#include "pgqrs/cli/cells.hpp"
#include "pgqrs/cli/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kLeastWidth = 8;  // a column is not made narrower than this
constexpr std::string_view kGap = "  ";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

struct Grid {
    std::vector<std::size_t> columns;  // which of the table's
    std::vector<std::size_t> widths;
    std::vector<bool> cuttable;
};

Grid measure(const Table& table) {
    Grid grid;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        if (!table.columns[column].brief) {
            continue;
        }
        std::size_t width = display_width(title_of(table.columns[column]));
        bool cuttable = false;
        for (const auto& row : table.rows) {
            const Value& value = row[column];
            width = std::max(width, display_width(cell_of(value)));
            cuttable |= value.kind == Value::Kind::text || value.kind == Value::Kind::json;
        }
        grid.columns.push_back(column);
        grid.widths.push_back(width);
        grid.cuttable.push_back(cuttable);
    }
    return grid;
}

// Takes from the widest text column until it fits, or until none has anything left to give.
void fit(Grid& grid, std::size_t terminal) {
    std::size_t total = kGap.size() * (grid.widths.empty() ? 0 : grid.widths.size() - 1);
    for (const auto width : grid.widths) {
        total += width;
    }
    while (total > terminal) {
        std::size_t* widest = nullptr;
        for (std::size_t index = 0; index < grid.widths.size(); ++index) {
            if (grid.cuttable[index] && (!widest || grid.widths[index] > *widest)) {
                widest = &grid.widths[index];
            }
        }
        if (!widest || *widest <= kLeastWidth) {
            return;
        }
        --*widest;
        --total;
    }
}

std::string padded(const std::string& cell, std::size_t width, bool right) {
    const std::string blanks(width - std::min(width, display_width(cell)), ' ');
    return right ? blanks + cell : cell + blanks;
}

std::string coloured(const std::string& text, std::string_view colour, bool wanted) {
    return wanted ? std::string(colour) + text + std::string(kPlain) : text;
}

void trim_end(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

std::string render_table(const Table& table, const Style& style) {
    Grid grid = measure(table);
    if (style.width) {
        fit(grid, *style.width);
    }
    const auto line = [&](auto&& cell) {
        std::string text;
        for (std::size_t index = 0; index < grid.columns.size(); ++index) {
            text += (index == 0 ? "" : std::string(kGap)) + cell(index);
        }
        trim_end(text);
        return text + "\n";
    };
    const auto right = [&](std::size_t index) {
        return std::any_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
            return right_aligned(row[grid.columns[index]]);
        });
    };
    std::string text = line([&](std::size_t index) {
        const auto title =
            shorten(title_of(table.columns[grid.columns[index]]), grid.widths[index]);
        return coloured(padded(title, grid.widths[index], right(index)), kBold, style.colour);
    });
    for (const auto& row : table.rows) {
        text += line([&](std::size_t index) {
            const Value& value = row[grid.columns[index]];
            const auto cell = shorten(cell_of(value), grid.widths[index]);
            return coloured(padded(cell, grid.widths[index], right(index)), kYellow,
                            style.colour && value.standing_out);
        });
    }
    return text;
}

std::string render_record(const Table& table, const Style& style) {
    std::size_t width = 0;
    for (const auto& column : table.columns) {
        width = std::max(width, display_width(title_of(column)));
    }
    std::string text;
    for (std::size_t index = 0; index < table.columns.size(); ++index) {
        const Value& value = table.rows.front()[index];
        std::string line =
            coloured(padded(title_of(table.columns[index]), width, false), kBold, style.colour) +
            std::string(kGap) +
            coloured(cell_of(value), kYellow, style.colour && value.standing_out);
        trim_end(line);
        text += line + "\n";
    }
    return text;
}

}  // namespace pgqrs::cli
