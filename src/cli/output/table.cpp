// Values and tables made of them.
#include "cli/output/table.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace pgqrs::cli {

Value text_value(std::string text) { return {Value::Kind::text, std::move(text)}; }

Value number_value(std::int64_t number) { return {Value::Kind::number, std::to_string(number)}; }

Value alarming_value(std::int64_t number) {
    Value value = number_value(number);
    value.standing_out = number > 0;
    return value;
}

Value real_value(double number) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    return {Value::Kind::number, std::string(text.data(), end)};
}

Value boolean_value(bool boolean) { return {Value::Kind::boolean, boolean ? "true" : "false"}; }

Value json_value(std::string json) { return {Value::Kind::json, std::move(json)}; }

Value time_value(TimePoint time) { return {Value::Kind::time, to_iso8601(time)}; }

Value seconds_value(Duration duration) {
    const bool negative = duration.count() < 0;
    const auto count = negative ? -duration.count() : duration.count();
    std::string text = (negative ? "-" : "") + std::to_string(count / 1'000'000);
    if (const auto rest = count % 1'000'000; rest != 0) {
        std::string digits = std::to_string(1'000'000 + rest).substr(1);
        digits.erase(digits.find_last_not_of('0') + 1);
        text += "." + digits;
    }
    return {Value::Kind::seconds, std::move(text), duration};
}

Table record_of(const std::vector<Entry>& entries) {
    Table table;
    table.rows.emplace_back();
    for (const auto& entry : entries) {
        table.columns.push_back({entry.key});
        table.rows.front().push_back(entry.value);
    }
    return table;
}

}  // namespace pgqrs::cli
