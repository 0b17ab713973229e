// Tables and records for people.
#include "cli/output/render.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cli/output/cells.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kReadableWidth = 12;  // of text, as long as others can give way
constexpr std::size_t kLeastWidth = 4;
constexpr std::string_view kGap = "  ";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";

struct GridColumn {
    std::size_t source;  // which of the table's
    std::size_t width;
    std::size_t values;  // the widest of them
    bool cuttable;       // text: its beginning is worth something
};
using Grid = std::vector<GridColumn>;

Grid measure(const Table& table) {
    Grid grid;
    for (std::size_t source = 0; source < table.columns.size(); ++source) {
        if (!table.columns[source].brief) {
            continue;
        }
        GridColumn column{source, display_width(title_of(table.columns[source])), 0, false};
        for (const auto& row : table.rows) {
            const Value& value = row[source];
            column.values = std::max(column.values, display_width(cell_of(value)));
            column.cuttable |= value.kind == Value::Kind::text || value.kind == Value::Kind::json;
        }
        column.width = std::max(column.width, column.values);
        grid.push_back(column);
    }
    return grid;
}

// Takes from the widest column, as long as one is wider than `least` lets it be.
template <typename Least>
void shrink(Grid& grid, std::size_t& excess, Least least) {
    while (excess > 0) {
        GridColumn* widest = nullptr;
        for (auto& column : grid) {
            if (column.width > least(column) && (!widest || column.width > widest->width)) {
                widest = &column;
            }
        }
        if (!widest) {
            return;
        }
        --widest->width;
        --excess;
    }
}

// Text gives way first, then titles that are wider than what is below them, then text again. Numbers and times are
// never cut, so in a very narrow terminal lines are still too long.
void fit(Grid& grid, std::size_t terminal) {
    std::size_t total = grid.empty() ? 0 : kGap.size() * (grid.size() - 1);
    for (const auto& column : grid) {
        total += column.width;
    }
    std::size_t excess = total > terminal ? total - terminal : 0;
    const auto text = [](std::size_t least) {
        return [least](const GridColumn& column) { return column.cuttable ? least : SIZE_MAX; };
    };
    shrink(grid, excess, text(kReadableWidth));
    shrink(grid, excess, [](const GridColumn& column) {
        return column.cuttable ? SIZE_MAX : std::max(column.values, kLeastWidth);
    });
    shrink(grid, excess, text(kLeastWidth));
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
        for (const auto& column : grid) {
            text += (text.empty() ? "" : std::string(kGap)) + cell(column);
        }
        trim_end(text);
        return text + "\n";
    };
    const auto right = [&](const GridColumn& column) {
        return std::any_of(table.rows.begin(), table.rows.end(),
                           [&](const auto& row) { return right_aligned(row[column.source]); });
    };
    std::string text = line([&](const GridColumn& column) {
        const auto title = shorten(title_of(table.columns[column.source]), column.width);
        return coloured(padded(title, column.width, right(column)), kBold, style.colour);
    });
    for (const auto& row : table.rows) {
        text += line([&](const GridColumn& column) {
            const Value& value = row[column.source];
            const auto cell = shorten(cell_of(value), column.width);
            return coloured(padded(cell, column.width, right(column)), kYellow,
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
