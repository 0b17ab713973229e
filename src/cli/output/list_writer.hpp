// Writes lists row by row, so that no list has to fit into memory: an array in JSON, lines below a header in CSV and in
// tables. The widths of a table's columns come from its first rows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/output.hpp"
#include "cli/output/render.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs::cli {

class ListWriter {
public:
    // The stop ends the list: add() raises Stopped once it is requested.
    ListWriter(Output& output, const Stop& stop, Format format, const Style& style,
               std::vector<Column> columns);

    void add(std::vector<Value> row);
    // Writes what is left. Without it the list has no end, which is right after an error.
    void finish();
    bool empty() const noexcept { return count_ == 0; }

private:
    void begin();
    void put(const std::vector<Value>& row);
    void flush();

    Output& output_;
    const Stop& stop_;
    const Format format_;
    const Style style_;
    Table sample_;  // its columns, and rows until the grid is made
    std::size_t sampled_ = 0;
    std::optional<Grid> grid_;
    std::string pending_;
    std::size_t count_ = 0;
};

}  // namespace pgqrs::cli
