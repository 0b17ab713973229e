// Rows as text in one of the three formats. Lists are put together by ListWriter.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/output/table.hpp"

namespace pgqrs::cli {

enum class Format { table, json, csv };

struct Style {
    std::optional<std::size_t> width;  // of the terminal; without, nothing is cut
    bool colour = false;
};

// The first row of the table, or what stands for none: an object or `null` in JSON, a line a field or nothing in a table.
// Ends with a newline, unless it is empty.
std::string render_one(const Table& table, Format format, const Style& style);

std::string json_string(std::string_view text);
// On one line, no newline.
std::string json_object(const std::vector<Column>& columns, const std::vector<Value>& row);
// With the newline.
std::string csv_header(const std::vector<Column>& columns);
std::string csv_line(const std::vector<Value>& row);

// The columns of a table for people, as wide as a sample of its rows needs and the terminal allows. Rows that come later
// may need more: their text is cut on a terminal, everything else pushes the line to the right.
class Grid {
public:
    Grid(const Table& sample, const Style& style);

    // With the newline.
    std::string titles() const;
    std::string line(const std::vector<Value>& row) const;

private:
    struct GridColumn {
        std::size_t source;  // which of the table's
        std::string title;
        std::size_t width;
        std::size_t values;  // the widest of them
        bool cuttable;       // text: its beginning is worth something
        bool right;
    };

    void measure(const Table& sample);
    void fit(std::size_t terminal);
    template <typename Least>
    void shrink(std::size_t& excess, Least least);
    template <typename Cell>
    std::string joined(Cell cell) const;

    std::vector<GridColumn> columns_;
    Style style_;
};

}  // namespace pgqrs::cli
