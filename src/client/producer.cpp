#include "pgqrs/client/producer.hpp"

#include <algorithm>

#include "json_values.hpp"
#include "pgqrs/client/consumer.hpp"
#include "pgqrs/client/json_check.hpp"
#include "core/duration.hpp"
#include "core/limits.hpp"
#include "core/names.hpp"
#include "batch.hpp"
#include "rows.hpp"
#include "rules.hpp"

namespace pgqrs {
namespace {

// The object of options.headers with the type in it; nullopt when there is nothing to say.
Parameter headers_of(const EnqueueOptions& options) {
    if (!options.headers.is_null() && !options.headers.is_object()) {
        throw InvalidArgument(Error::Parts{"PQ005", "headers must be a JSON object"});
    }
    if (options.type.empty()) {
        return options.headers.is_null() ? Parameter() : json_text(options.headers, "headers");
    }
    check_depth(options.headers, "headers");
    nlohmann::json headers = options.headers;
    headers["type"] = options.type;
    return json_text(headers, "headers");
}

void check_options(const EnqueueOptions& options) {
    check_by([&] { core::check_priority(options.priority); });
    check_by([&] { core::check_delay(options.delay.count(), "delay"); });
}

void check_message(const NewMessage& message) {
    check_by([&] { core::check_priority(message.priority.value_or(0)); });
    check_by([&] { core::check_delay(message.delay.value_or(Duration()).count(), "delay"); });
    if (message.delay && message.available_at) {
        throw InvalidArgument(
            Error::Parts{"PQ010", "a message has either a delay or a time, not both"});
    }
}

std::string subject_of(std::size_t position) { return "payload " + std::to_string(position + 1); }

// What one message of a batch becomes, checked.
std::string checked_text(const Validation& rules, const nlohmann::json& payload,
                         const std::string& subject) {
    rules.check(payload, subject);
    std::string text = json_text(payload, subject);
    rules.check_size(text.size(), subject);
    return text;
}

void check_text(const Validation& rules, const std::string& text, const std::string& subject) {
    rules.check_size(text.size(), subject);
    if (const auto fault = find_json_fault(text)) {
        throw InvalidArgument(
            Error::Parts{"PQ005", subject + " is not valid JSON",
                         fault->reason + " at byte " + std::to_string(fault->byte)});
    }
    if (rules.looks_inside()) {
        rules.check(nlohmann::json::parse(with_parsable_numbers(text)), subject);
    }
}

std::vector<std::int64_t> ids_of(const std::vector<Result>& results) {
    std::vector<std::int64_t> ids;
    for (const auto& result : results) {
        for (int row = 0; row < result.rows(); ++row) {
            ids.push_back(result.integer(row, 0));
        }
    }
    return ids;
}

}  // namespace

Producer::Producer(Connection& connection, std::string queue)
    : Producer(connection, std::move(queue), connection.config().validation) {}

Producer::Producer(Connection& connection, std::string queue, Validation validation)
    : connection_(connection), queue_(std::move(queue)), validation_(std::move(validation)) {
    check_by([&] { core::check_queue_name(queue_); });
}

std::int64_t Producer::enqueue(const nlohmann::json& payload, const EnqueueOptions& options) {
    check_options(options);
    const auto result = connection_.execute(
        "SELECT pgqrs.enqueue($1, $2::jsonb, $3::interval, $4::integer, $5::jsonb)",
        {queue_, checked_text(validation_, payload, "payload"), to_interval(options.delay),
         std::to_string(options.priority), headers_of(options)});
    return result.integer(0, 0);
}

std::int64_t Producer::enqueue_delayed(const nlohmann::json& payload, Duration delay,
                                       EnqueueOptions options) {
    options.delay = delay;
    return enqueue(payload, options);
}

std::int64_t Producer::enqueue_at(const nlohmann::json& payload, TimePoint at,
                                  const EnqueueOptions& options) {
    check_options(options);
    if (options.delay.count() != 0) {
        throw InvalidArgument(Error::Parts{"PQ010", "enqueue_at takes no delay"});
    }
    const auto result = connection_.execute(
        "SELECT pgqrs.enqueue_at($1, $2::jsonb, timestamptz 'epoch' + $3::interval, $4::integer, "
        "$5::jsonb)",
        {queue_, checked_text(validation_, payload, "payload"), to_interval(at.time_since_epoch()),
         std::to_string(options.priority), headers_of(options)});
    return result.integer(0, 0);
}

std::vector<std::int64_t> Producer::batch_enqueue(const std::vector<nlohmann::json>& payloads,
                                                  const EnqueueOptions& options) {
    check_options(options);
    const auto common = headers_of(options);
    std::vector<NewMessage> messages;
    for (const auto& payload : payloads) {
        messages.push_back(
            {checked_text(validation_, payload, subject_of(messages.size())), common});
    }
    return send_batch(messages, options);
}

std::vector<std::int64_t> Producer::batch_enqueue(const std::vector<NewMessage>& messages,
                                                  const EnqueueOptions& options) {
    check_options(options);
    for (std::size_t position = 0; position < messages.size(); ++position) {
        check_message(messages[position]);
        check_text(validation_, messages[position].payload, subject_of(position));
    }
    const auto common = headers_of(options);
    if (!common) {
        return send_batch(messages, options);
    }
    auto with_headers = messages;
    for (auto& message : with_headers) {
        message.headers = message.headers ? message.headers : common;
    }
    return send_batch(with_headers, options);
}

std::vector<std::int64_t> Producer::send_batch(const std::vector<NewMessage>& messages,
                                               const EnqueueOptions& options) {
    if (messages.empty()) {
        return {};
    }
    const auto size = static_cast<std::size_t>(connection_.config().default_batch_size);
    return ids_of(connection_.pipeline(batch_statements(queue_, messages, options, size)));
}

bool Producer::extend_visibility(std::int64_t id, Duration by, std::optional<int> read_ct) {
    return Consumer(connection_, queue_).extend(id, by, read_ct);
}

}  // namespace pgqrs
