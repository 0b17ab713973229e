// Messages as lines of NDJSON.
#include "cli/sending/envelope.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/output/rows.hpp"
#include "pgqrs/client/json_check.hpp"

namespace pgqrs::cli {
namespace {

template <typename Row>
bool is_key(const std::vector<Field<Row>>& fields, std::string_view name) {
    return std::any_of(fields.begin(), fields.end(),
                       [&](const Field<Row>& field) { return field.key == name; });
}

// The text in a JSON string; other values as they are written.
std::string text_in(std::string_view value) {
    return value.starts_with('"') ? nlohmann::json::parse(value).get<std::string>()
                                  : std::string(value);
}

// A number from 0 on.
std::string read_number(const JsonMember& member, int most, std::optional<int>& target) {
    const std::string_view value = member.value;
    int number = -1;
    const auto end = std::from_chars(value.data(), value.data() + value.size(), number);
    if (end.ptr != value.data() + value.size() || end.ec != std::errc() || number < 0 ||
        number > most) {
        return std::string(member.name) + " must be from 0 to " + std::to_string(most);
    }
    target = number;
    return {};
}

std::string read_headers(std::string_view value, NewMessage& message) {
    if (!value.starts_with('{')) {
        return "headers must be an object";
    }
    message.headers = value;
    return {};
}

std::string read_time(const JsonMember& member, NewMessage& message) {
    try {
        if (member.name == "delay") {
            message.delay = parse_duration(text_in(member.value), "delay");
        } else if (member.name == "expires_after") {
            message.expires_after = parse_duration(text_in(member.value), "expires_after");
        } else {
            message.available_at = parse_iso8601(text_in(member.value), "available_at");
        }
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

std::string read_member(const JsonMember& member, NewMessage& message) {
    if (member.name == "payload") {
        message.payload = member.value;
        return {};
    }
    static constexpr std::array<std::string_view, 6> kOwn = {
        "headers", "priority", "available_at", "delay", "max_attempts", "expires_after"};
    const bool own = std::find(kOwn.begin(), kOwn.end(), member.name) != kOwn.end();
    if (!own && !is_key(archived_fields(), member.name)) {
        return "unknown key \"" + std::string(member.name.substr(0, 60)) + "\"";
    }
    if (!own || member.value == "null") {
        return {};
    }
    return member.name == "headers"        ? read_headers(member.value, message)
           : member.name == "priority"     ? read_number(member, 9, message.priority)
           : member.name == "max_attempts" ? read_number(member, 32767, message.max_attempts)
                                           : read_time(member, message);
}

// Put together by hand: an export has millions of them.
std::string beginning_of(const Message& message) {
    return "{\"id\": " + std::to_string(message.id) +
           ", \"priority\": " + std::to_string(message.priority) +
           ", \"read_ct\": " + std::to_string(message.read_ct) +
           ", \"attempt\": " + std::to_string(message.attempt) + ", \"enqueued_at\": \"" +
           to_iso8601(message.enqueued_at) + "\", \"available_at\": \"" +
           to_iso8601(message.available_at) + '"' +
           (message.vt ? ", \"vt\": \"" + to_iso8601(*message.vt) + '"' : "") +
           (message.worker_id ? ", \"worker_id\": " + std::to_string(*message.worker_id) : "");
}

std::string ending_of(const Message& message) {
    return (message.headers ? ", \"headers\": " + *message.headers : "") +
           ", \"payload\": " + message.payload + "}";
}

std::string repeated_key(const std::vector<JsonMember>& members) {
    std::vector<std::string> names;
    for (const auto& member : members) {
        names.push_back(member.name);
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    return twice == names.end() ? "" : twice->substr(0, 60);
}

}  // namespace

std::string json_fault(std::string_view text) {
    const auto fault = find_json_fault(text);
    return fault ? "not valid JSON: " + fault->reason + " at byte " + std::to_string(fault->byte)
                 : "";
}

std::string read_envelope(const std::string& line, NewMessage& message) {
    const auto members = json_members(line);
    if (!members) {
        return "not an object with a payload";
    }
    if (const auto key = repeated_key(*members); !key.empty()) {
        return "key \"" + key + "\" is there twice";
    }
    for (const auto& member : *members) {
        if (auto fault = read_member(member, message); !fault.empty()) {
            return fault;
        }
    }
    if (message.delay && message.available_at) {
        return "either delay or available_at, not both";
    }
    return message.payload.empty() ? "the key \"payload\" is missing" : "";
}

std::string envelope_of(const Message& message) {
    return beginning_of(message) + ending_of(message);
}

std::string envelope_of(const ArchivedMessage& message) {
    std::string text = beginning_of(message) + ", \"archived_at\": \"" +
                       to_iso8601(message.archived_at) + "\", \"outcome\": \"" +
                       to_string(message.outcome) + '"';
    if (message.processing_duration) {
        text += ", \"processing_duration_seconds\": " +
                seconds_value(*message.processing_duration).text;
    }
    return text + ending_of(message);
}

}  // namespace pgqrs::cli
