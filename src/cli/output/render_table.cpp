// Tables for people.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "cli/output/cells.hpp"
#include "cli/output/render.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::size_t kReadableWidth = 12;  // of text, as long as others can give way
constexpr std::size_t kLeastWidth = 4;
constexpr std::string_view kGap = "  ";

bool is_text(const Value& value) {
    return value.kind == Value::Kind::text || value.kind == Value::Kind::json;
}

}  // namespace

Grid::Grid(const Table& sample, const Style& style) : style_(style) {
    measure(sample);
    if (style.width) {
        fit(*style.width);
    }
}

void Grid::measure(const Table& sample) {
    for (std::size_t source = 0; source < sample.columns.size(); ++source) {
        if (!sample.columns[source].brief) {
            continue;
        }
        GridColumn column{source, title_of(sample.columns[source]), 0, 0, false, false};
        for (const auto& row : sample.rows) {
            const Value& value = row[source];
            column.values = std::max(column.values, display_width(cell_of(value)));
            column.cuttable |= is_text(value);
            column.right |= right_aligned(value);
        }
        column.width = std::max(display_width(column.title), column.values);
        columns_.push_back(std::move(column));
    }
}

// Takes from the widest column, as long as one is wider than `least` lets it be.
template <typename Least>
void Grid::shrink(std::size_t& excess, Least least) {
    while (excess > 0) {
        GridColumn* widest = nullptr;
        for (auto& column : columns_) {
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
void Grid::fit(std::size_t terminal) {
    std::size_t total = columns_.empty() ? 0 : kGap.size() * (columns_.size() - 1);
    for (const auto& column : columns_) {
        total += column.width;
    }
    std::size_t excess = total > terminal ? total - terminal : 0;
    const auto text = [](std::size_t least) {
        return [least](const GridColumn& column) { return column.cuttable ? least : SIZE_MAX; };
    };
    shrink(excess, text(kReadableWidth));
    shrink(excess, [](const GridColumn& column) {
        return column.cuttable ? SIZE_MAX : std::max(column.values, kLeastWidth);
    });
    shrink(excess, text(kLeastWidth));
}

template <typename Cell>
std::string Grid::joined(Cell cell) const {
    std::string text;
    for (const auto& column : columns_) {
        text += (text.empty() ? "" : std::string(kGap)) + cell(column);
    }
    trim_end(text);
    return text + "\n";
}

std::string Grid::titles() const {
    return joined([&](const GridColumn& column) {
        const auto title = shorten(column.title, column.width);
        return coloured(padded(title, column.width, column.right), kTitleColour, style_.colour);
    });
}

std::string Grid::line(const std::vector<Value>& row) const {
    return joined([&](const GridColumn& column) {
        const Value& value = row[column.source];
        std::string cell = cell_of(value);
        if (style_.width && is_text(value)) {
            cell = shorten(cell, column.width);
        }
        // What the blanks after the last column would be for nobody sees.
        const std::size_t width = &column == &columns_.back() && !column.right ? 0 : column.width;
        return coloured(padded(cell, width, column.right), kAlarmColour,
                        style_.colour && value.standing_out);
    });
}

}  // namespace pgqrs::cli
