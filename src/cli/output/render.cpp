// JSON and CSV.
#include "cli/output/render.hpp"

#include <nlohmann/json.hpp>

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

std::string render_json(const Table& table, Shape shape) {
    if (shape == Shape::one) {
        return (table.rows.empty() ? "null" : json_object(table, 0)) + "\n";
    }
    std::string text = "[";
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        text += (row == 0 ? "\n  " : ",\n  ") + json_object(table, row);
    }
    return text + (table.rows.empty() ? "]\n" : "\n]\n");
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

std::string render_csv(const Table& table) {
    std::string text = csv_header(table);
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        text += csv_line(table, row);
    }
    return text;
}

}  // namespace

std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_object(const Table& table, std::size_t row) {
    std::string text = "{";
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        text += (column == 0 ? "" : ", ") + json_string(table.columns[column].key) + ": " +
                json_of(table.rows[row][column]);
    }
    return text + "}";
}

std::string csv_header(const Table& table) {
    std::string text;
    for (const auto& column : table.columns) {
        text += (text.empty() ? "" : ",") + column.key;
    }
    return text + "\r\n";
}

std::string csv_line(const Table& table, std::size_t row) {
    std::string text;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        text += (column == 0 ? "" : ",") + csv_of(table.rows[row][column]);
    }
    return text + "\r\n";
}

std::string render(const Table& table, Shape shape, Format format, const Style& style) {
    switch (format) {
        case Format::json:
            return render_json(table, shape);
        case Format::csv:
            return render_csv(table);
        case Format::table:
            break;
    }
    if (shape == Shape::one) {
        return table.rows.empty() ? std::string() : render_record(table, style);
    }
    return render_table(table, style);
}

}  // namespace pgqrs::cli
