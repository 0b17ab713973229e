// JSON, CSV, and single rows for people.
#include "cli/output/render.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/output/cells.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

std::string json_of(const Value& value) {
    switch (value.kind) {
        case Value::Kind::null:
            return "null";
        case Value::Kind::text:
        case Value::Kind::time:
            return json_string(value.text);
        default:
            return value.text;
    }
}

// RFC 4180. NULL is nothing, the empty text is "".
std::string csv_of(const Value& value) {
    if (value.kind == Value::Kind::null) {
        return {};
    }
    if (!value.text.empty() && value.text.find_first_of(",\"\r\n") == std::string::npos) {
        return value.text;
    }
    std::string quoted = "\"";
    for (const char character : value.text) {
        quoted += character == '"' ? "\"\"" : std::string(1, character);
    }
    return quoted + '"';
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
            coloured(padded(title_of(table.columns[index]), width, false), kTitleColour,
                     style.colour) +
            "  " + coloured(cell_of(value), kAlarmColour, style.colour && value.standing_out);
        trim_end(line);
        text += line + "\n";
    }
    return text;
}

}  // namespace

std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_object(const std::vector<Column>& columns, const std::vector<Value>& row) {
    std::string text = "{";
    for (std::size_t column = 0; column < columns.size(); ++column) {
        text += (column == 0 ? "" : ", ") + json_string(columns[column].key) + ": " +
                json_of(row[column]);
    }
    return text + "}";
}

std::string csv_header(const std::vector<Column>& columns) {
    std::string text;
    for (const auto& column : columns) {
        text += (text.empty() ? "" : ",") + column.key;
    }
    return text + "\r\n";
}

std::string csv_line(const std::vector<Value>& row) {
    std::string text;
    for (std::size_t column = 0; column < row.size(); ++column) {
        text += (column == 0 ? "" : ",") + csv_of(row[column]);
    }
    return text + "\r\n";
}

std::string render_one(const Table& table, Format format, const Style& style) {
    const bool none = table.rows.empty();
    switch (format) {
        case Format::json:
            return (none ? "null" : json_object(table.columns, table.rows.front())) + "\n";
        case Format::csv:
            return csv_header(table.columns) + (none ? "" : csv_line(table.rows.front()));
        case Format::table:
            break;
    }
    return none ? std::string() : render_record(table, style);
}

}  // namespace pgqrs::cli
