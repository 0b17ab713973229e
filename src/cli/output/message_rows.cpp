// Fields of messages and archived messages.
#include "cli/output/rows.hpp"

namespace pgqrs::cli {
namespace {

// What tables of archived messages leave out.
template <typename Row>
constexpr bool kWaiting = std::is_same_v<Row, Message>;

// An archived message begins as a message does. The payload comes last, as the widest column.
template <typename Row>
std::vector<Field<Row>> common_fields() {
    return {
        {"id", [](const Row& row) { return number_value(row.id); }},
        {"queue", [](const Row& row) { return text_value(row.queue); }, false},
        {"priority", [](const Row& row) { return number_value(row.priority); }, kWaiting<Row>},
        {"read_ct", [](const Row& row) { return number_value(row.read_ct); }},
        {"attempt", [](const Row& row) { return number_value(row.attempt); }, false},
        {"enqueued_at", [](const Row& row) { return time_value(row.enqueued_at); }, false},
        {"available_at", [](const Row& row) { return time_value(row.available_at); }, false},
        {"vt", [](const Row& row) { return optional_value(row.vt, time_value); }, kWaiting<Row>},
        {"worker_id", [](const Row& row) { return optional_value(row.worker_id, number_value); },
         false},
    };
}

template <typename Row>
void add_content(std::vector<Field<Row>>& fields) {
    fields.push_back({"headers",
                      [](const Row& row) { return optional_value(row.headers, json_value); },
                      kWaiting<Row>});
    fields.push_back({"payload", [](const Row& row) { return json_value(row.payload); }});
}

}  // namespace

const std::vector<Field<Message>>& message_fields() {
    static const std::vector<Field<Message>> fields = [] {
        auto all = common_fields<Message>();
        add_content(all);
        return all;
    }();
    return fields;
}

const std::vector<Field<ArchivedMessage>>& archived_fields() {
    using Row = ArchivedMessage;
    static const std::vector<Field<Row>> fields = [] {
        auto all = common_fields<Row>();
        all.push_back({"archived_at", [](const Row& row) { return time_value(row.archived_at); }});
        all.push_back({"processing_duration_seconds", [](const Row& row) {
                           return optional_value(row.processing_duration, seconds_value);
                       }});
        all.push_back(
            {"outcome", [](const Row& row) { return text_value(to_string(row.outcome)); }});
        add_content(all);
        return all;
    }();
    return fields;
}

}  // namespace pgqrs::cli
