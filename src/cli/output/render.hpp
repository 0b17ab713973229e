// Tables as text in one of the three formats.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "cli/output/table.hpp"

namespace pgqrs::cli {

enum class Format { table, json, csv };
// A list is an array in JSON and has a header line in a table; one row is an object, and a line a field in a table.
enum class Shape { list, one };

struct Style {
    std::optional<std::size_t> width;  // of the terminal; without, nothing is cut
    bool colour = false;
};

// Ends with a newline, unless it is empty. One row that is not there is `null` in JSON and nothing in a table.
std::string render(const Table& table, Shape shape, Format format, const Style& style);

// The parts, for commands that print row by row.
std::string json_string(std::string_view text);
std::string json_object(const Table& table, std::size_t row);  // on one line, no newline
std::string csv_header(const Table& table);                    // with the newline
std::string csv_line(const Table& table, std::size_t row);

std::string render_table(const Table& table, const Style& style);
std::string render_record(const Table& table, const Style& style);

}  // namespace pgqrs::cli
